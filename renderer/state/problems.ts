import { en } from '../text/en.ts';
import type { ScriptDocument } from './document.ts';
import { isOf, type BenchRun } from './run.ts';

/** Something that is wrong with a script, or that happened when it ran. */
export interface Problem {
  /** From 1; 0 for the whole file. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly origin: 'check' | 'run';
}

/** What the lab's check found, if it was about the text as it is now. */
export function checkProblems(document: ScriptDocument): Problem[] {
  if (document.check === null || document.checkedText !== document.text) return [];
  return document.check.diagnostics.map((diagnostic) => ({ ...diagnostic, origin: 'check' as const }));
}

/**
 * What a run met, line by line: mistakes of the script, stops, divergences, faults. The same on several configurations is one problem.
 * Nothing when `text` is not what was run.
 */
export function runProblems(run: BenchRun, text: string): Problem[] {
  if (!isOf(run, text)) return [];
  const found = new Map<string, { problem: Omit<Problem, 'message'>; said: string; names: string[] }>();
  const add = (name: string, said: string, problem: Omit<Problem, 'message' | 'origin'>): void => {
    const key = `${problem.line}:${problem.severity}:${said}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { problem: { ...problem, origin: 'run' }, said, names: [name] });
    else known.names.push(name);
  };
  for (const { configuration, outcome, failure } of run.entries) {
    const { name } = configuration;
    if (failure !== null && failure.kind !== 'cancelled') {
      add(name, failure.message, { line: failure.line, column: failure.column, severity: 'error' });
    }
    if (outcome === null) continue;
    const { problem, divergences, notes } = outcome.result;
    if (problem !== null) add(name, problem.text, { line: problem.line, column: 0, severity: 'error' });
    for (const { text: what, access, line, count } of divergences) {
      add(name, `${what}: ${access}${en.editor.times(count)}`, { line, column: 0, severity: 'warning' });
    }
    for (const { what, line, count } of notes) {
      add(name, `${what}${en.editor.times(count)}`, { line, column: 0, severity: 'info' });
    }
  }
  const all = run.entries.length;
  return [...found.values()].map(({ problem, said, names }) => ({
    ...problem,
    message: `${said}${en.editor.on(names, all)}`,
  }));
}
