import type { RunResult } from '../experiment/result.ts';
import { counted, integer } from './numbers.ts';
import type { Style } from './style.ts';
import { wrap } from './table.ts';
import type { ScenarioView } from './view.ts';

// Parts that several reports have in common. Each is a list of lines.

/** Title and question. */
export function headingLines({ title, question }: ScenarioView, style: Style): string[] {
  return [style.heading(title), ...(question === '' ? [] : wrap(question))];
}

/** What somebody said the answer is. */
export function claimLines({ claims }: ScenarioView, style: Style): string[] {
  if (claims.length === 0) return [];
  return ['', style.heading('What was claimed'), ...claims.flatMap((claim) => wrap(claim, '    ', '  - '))];
}

/** What the script says that the model answered, for its own configurations. */
export function answerLines({ says }: ScenarioView, style: Style): string[] {
  if (says.length === 0) return [];
  return [
    '',
    style.heading("What the model says, for the script's own configurations"),
    ...says.flatMap((answer) => wrap(answer, '    ', '  - ')),
  ];
}

const place = (line: number): string => (line > 0 ? `line ${line}` : 'set-up');

/** Where the guest saw something else than it must; none is worth a line too. */
export function divergenceLines(divergences: RunResult['divergences'], indent = '  '): string[] {
  return divergences.flatMap(({ kind, text, access, line, count }) =>
    wrap(`${integer(count)} x ${kind} (${place(line)}, ${access}): ${text}`, `${indent}  `, indent),
  );
}

export function noteLines(notes: RunResult['notes'], indent = '  '): string[] {
  return notes.flatMap(({ what, line, count }) =>
    wrap(`${what} (${place(line)}${count > 1 ? `, ${integer(count)} times` : ''})`, `${indent}  `, indent),
  );
}

/** One line on the reference's verdict. */
export function verdict({ checked, divergences }: RunResult, style: Style): string {
  if (!checked) return 'not checked against the reference';
  if (divergences.length === 0) return style.good('no divergence: the guest observed what it must');
  const total = divergences.reduce((sum, { count }) => sum + count, 0);
  return style.bad(`${counted(total, 'divergence')} from what the guest must observe`);
}

/** What stopped the guest, if something did. */
export function problemLines({ problem }: Pick<RunResult, 'problem'>, style: Style, indent = ''): string[] {
  if (problem === null) return [];
  return wrap(`The guest was stopped: ${problem.text} (${place(problem.line)})`, `${indent}  `, indent).map((line) =>
    style.bad(line),
  );
}

/** `1,000 EPT_MISCONFIG, 1 EPT_VIOLATION`, the most frequent first. */
export function countsByName(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.map(([name, count]) => `${integer(count)} ${name}`).join(', ');
}

/** What the marks of a price mean. */
export const LEGEND =
  'Cycles are TSC cycles. low..high: every price at its low and at its high end. Prices are read in a source, derived from ' +
  'read ones, or estimated (est. is the part of the cycles that rests on estimates).';
