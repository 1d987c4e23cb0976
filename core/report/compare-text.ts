import type { Comparison } from '../experiment/uncertainty/compare.ts';
import { Draws } from '../experiment/uncertainty/draws.ts';
import { drawnText } from './drawn-text.ts';
import { counted, figure, integer, percent, range, signed } from './numbers.ts';
import { type Pair, pairsOf, type SeedRuns } from '../experiment/uncertainty/pairs.ts';
import type { Reruns } from '../experiment/uncertainty/reruns.ts';
import { phaseLines } from './phase-lines.ts';
import {
  answerLines,
  claimLines,
  countsByName,
  divergenceLines,
  headingLines,
  LEGEND,
  noteLines,
  problemLines,
} from './sections.ts';
import { shadowLines } from './shadow-lines.ts';
import { rerunLines } from './rerun-lines.ts';
import { timedCompareLines } from './timed-compare-lines.ts';
import { PLAIN, type Style } from './style.ts';
import { table, WIDTH, wrap } from './table.ts';
import { modelText, type RunView, type ScenarioView } from './view.ts';

/** Stages of a difference that are worth naming. */
const STAGES_SHOWN = 4;

/** A configuration that was left out, and why. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/**
 * Several runs of one script side by side, in 80 columns. `baseline`: index of the run that the others are compared with; null: for each
 * CPU its first run.
 */
export function compareText(
  scenario: ScenarioView,
  runs: readonly RunView[],
  leftOut: readonly LeftOut[],
  baseline: number | null,
  style: Style = PLAIN,
  draws: Draws = new Draws(),
  seeds?: SeedRuns,
  reruns: Reruns = new Map(),
): string {
  const pairs = pairsOf(runs, baseline, draws, seeds);
  const costs = costTable(runs, style);
  const lines = [
    ...headingLines(scenario, style),
    '',
    ...summaryLines(scenario, runs),
    '',
    ...costs,
    ...leftOut.flatMap(({ name, why }) => wrap(`Left out: ${name}: ${why}`, '  ', '')),
    '',
    ...wrap(`An access is one instruction of the guest. ${LEGEND}`).map(style.quiet),
    ...phaseLines(runs, style),
    ...shadowLines(runs, style, costs[0]?.startsWith('[1] ')),
    ...timedCompareLines(runs, style),
    ...rerunLines(pairs, reruns, style),
    ...exitSection(runs, style),
    ...divergenceSection(runs, style),
    ...noteSection(runs, style),
    ...differenceSection(runs, pairs, draws, style),
    ...claimLines(scenario, style),
    ...answerLines(scenario, style),
  ];
  return `${lines.join('\n')}\n`;
}

/** What all runs share. */
function summaryLines({ file }: ScenarioView, runs: readonly RunView[]): string[] {
  const configurations = runs.map(({ result }) => result.configuration);
  const first = configurations[0]!;
  const all = (list: readonly string[]): string => [...new Set(list)].join(', ');
  const cpus = [...new Set(runs.map((run) => `${run.result.configuration.mmu} on ${modelText(run)}`))];
  const accesses = [...new Set(runs.map(({ result }) => result.accesses))];
  return wrap(
    `${file}: ${accesses.length === 1 ? counted(accesses[0]!, 'access', 'accesses') : `${integer(Math.min(...accesses))} to ${integer(Math.max(...accesses))} accesses`} ` +
      `a run; ${all(cpus)}; kernel ${all(configurations.map(({ kernel }) => kernel))}; mitigations ` +
      `${all(configurations.map(({ mitigations }) => mitigations))}; seed ${first.seed}.`,
  );
}

const exitsOf = ({ result }: RunView): number => Object.values(result.exits).reduce((sum, count) => sum + count, 0);
const perAccess = (count: number, { result }: RunView): string =>
  result.accesses === 0 ? '-' : figure(count / result.accesses);

const divergencesOf = ({ result }: RunView): string =>
  result.checked ? integer(result.divergences.reduce((sum, { count }) => sum + count, 0)) : 'n/a';

function costTable(runs: readonly RunView[], style: Style): string[] {
  const rows = runs.map((run): string[] => [
    run.result.configuration.name,
    figure(run.priced.perAccess.value),
    range(run.priced.perAccess),
    percent(run.priced.provenance.estimated),
    perAccess(exitsOf(run), run),
    perAccess(run.result.userspaceExits, run),
    divergencesOf(run),
  ]);
  const columns = [
    { title: 'per access' },
    { title: 'cycles', align: 'right' },
    { title: 'low..high', align: 'right' },
    { title: 'est.', align: 'right' },
    { title: 'exits', align: 'right' },
    { title: 'user', align: 'right' },
    { title: 'div', align: 'right' },
  ] as const;
  const laid = table(columns, rows, style.heading);
  if (Math.max(...laid.map((line) => line.length)) <= WIDTH || runs.length === 0) return laid;
  // Names that do not fit stand in a list of their own.
  const short = rows.map(([, ...cells], n) => [`[${n + 1}]`, ...cells]);
  return [
    ...runs.map(({ result }, n) => `[${n + 1}] ${result.configuration.name}`),
    '',
    ...table(columns, short, style.heading),
  ];
}

function exitSection(runs: readonly RunView[], style: Style): string[] {
  const lines = byText(runs, (run) => {
    const signals = countsByName(run.result.eventfds);
    const exits = countsByName(run.result.exits);
    return [`${exits === '' ? 'none' : exits}; signals: ${signals === '' ? 'none' : cutSignals(run)}`];
  });
  return ['', style.heading('Exits by reason, and signals'), ...lines];
}

/** Signals by eventfd; a sum where there are many. */
function cutSignals({ result }: RunView): string {
  const entries = Object.values(result.eventfds);
  if (entries.length <= 4) return countsByName(result.eventfds);
  return `${integer(entries.reduce((sum, count) => sum + count, 0))} on ${entries.length} eventfds`;
}

/** Names of runs followed by what is said of them; runs of which the same is said stand together. */
function byText(runs: readonly RunView[], say: (run: RunView) => readonly string[]): string[] {
  const groups = new Map<string, { names: string[]; lines: readonly string[] }>();
  for (const run of runs) {
    const said = say(run);
    if (said.length === 0) continue;
    const group = groups.get(said.join('\n'));
    if (group === undefined) groups.set(said.join('\n'), { names: [run.result.configuration.name], lines: said });
    else group.names.push(run.result.configuration.name);
  }
  return [...groups.values()]
    .flatMap(({ names, lines }) => [
      ...wrap(`${names.join(', ')}:`, '  '),
      ...lines.flatMap((line) => (line.startsWith(' ') ? [line] : wrap(line, '      ', '    '))),
    ])
    .map((line) => (line.startsWith('    ') ? line : `  ${line.trimStart()}`));
}

function divergenceSection(runs: readonly RunView[], style: Style): string[] {
  if (!runs.some(({ result }) => result.checked)) return ['', 'Not checked against the reference.'];
  const lines = byText(runs, ({ result }) => divergenceLines(result.divergences, '    '));
  if (lines.length === 0) return ['', style.good('No divergence: in every run the guest observed what it must.')];
  return ['', style.heading('Divergences from what the guest must observe'), ...lines];
}

function noteSection(runs: readonly RunView[], style: Style): string[] {
  const lines = byText(runs, ({ result }) => [
    ...problemLines(result, style, '    '),
    ...noteLines(result.notes, '    '),
  ]);
  return lines.length === 0 ? [] : ['', style.heading('Notes'), ...lines];
}

/** Differences from the baseline: the one asked for, else the first run of the same CPU, because prices of two CPUs err apart. */
function differenceSection(runs: readonly RunView[], pairs: readonly Pair[], draws: Draws, style: Style): string[] {
  const baselines = [...new Set(pairs.map(({ from }) => from))];
  if (baselines.length === 0) return [];
  const lines = baselines.flatMap((from) => [
    '',
    style.heading(`What differs from ${from.result.configuration.name}, cycles an access`),
    ...byText(
      runs.filter((run) => pairs.some((pair) => pair.from === from && pair.to === run)),
      (run) => verdictLines(pairs.find((pair) => pair.from === from && pair.to === run)!.comparison),
    ),
  ]);
  return [...lines, '', ...wrap(drawnText(draws.options)).map(style.quiet)];
}

function verdictLines({ difference, interval, verdict, waterfall, breakEven, seeds }: Comparison): string[] {
  const { stages } = waterfall;
  const shown = stages.slice(0, STAGES_SHOWN).map(({ stage, cycles }) => `${stage} ${signed(cycles)}`);
  if (shown.length === 0) return [`${verdict.word}: ${verdict.why}`];
  const workload =
    seeds === null
      ? []
      : [`over ${seeds.count} seeds of the workload, at best prices: ${signed(seeds.low)}..${signed(seeds.high)}`];
  const between = interval === null ? '' : ` (95 % ${signed(interval.low)}..${signed(interval.high)})`;
  const why = verdict.word === 'better' || verdict.word === 'worse' ? '' : ` (${verdict.why})`;
  const turning = breakEven.find(({ inRange }) => inRange);
  return [
    `${verdict.word}${why}: ${signed(difference)}${between}: ${shown.join(', ')}${stages.length > STAGES_SHOWN ? ', ...' : ''}` +
      (turning === undefined
        ? ''
        : `; equal if ${turning.step} cost ${figure(turning.price)} (now ${figure(turning.now)})`),
    ...workload,
  ];
}
