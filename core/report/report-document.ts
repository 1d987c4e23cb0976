import type { PricedRun } from '../experiment/priced-run.ts';
import { DEFAULT_DRAWS, Draws } from '../experiment/uncertainty/draws.ts';
import { type Pair, pairsOf } from '../experiment/uncertainty/pairs.ts';
import type { LeftOut } from './compare-text.ts';
import type { ScenarioView } from './view.ts';

/**
 * All that a report is made from: stored results with their prices, compared. Every format is a pure function of it; nothing runs, no clock
 * is read, so the same stored run gives the same bytes everywhere.
 */
export interface ReportDocument {
  readonly scenario: ScenarioView;
  /** The whole script. */
  readonly script: string;
  /** Version of the program that ran it. */
  readonly version: string;
  readonly runs: readonly PricedRun[];
  readonly pairs: readonly Pair[];
  readonly leftOut: readonly LeftOut[];
  /** Options of `exitlab compare` that choose these configurations again, as a shell takes them. */
  readonly reproduce: string;
  readonly draws: Draws;
}

export interface ReportInput {
  readonly scenario: ScenarioView;
  readonly script: string;
  readonly version: string;
  readonly runs: readonly PricedRun[];
  readonly leftOut?: readonly LeftOut[];
  /** Index of the baseline; null: the first run on each CPU. */
  readonly baseline?: number | null;
  readonly draws?: Draws;
}

/** Puts a report together. */
export function reportDocument(input: ReportInput): ReportDocument {
  const { scenario, script, version, runs, leftOut = [], baseline = null, draws = new Draws() } = input;
  const pairs = pairsOf(runs, baseline, draws);
  const reproduce = [
    reproduceLine(scenario.file, runs),
    ...(baseline === null ? [] : [`--baseline '${runs[baseline]!.result.configuration.name}'`]),
    ...drawOptions(draws),
  ].join(' ');
  return { scenario, script, version, runs, pairs, leftOut, reproduce, draws };
}

/** How the intervals were drawn, where it is not as always. */
function drawOptions({ options: { draws, seed, correlation } }: Draws): string[] {
  return [
    ...(draws === DEFAULT_DRAWS.draws ? [] : [`--draws ${draws}`]),
    ...(seed === DEFAULT_DRAWS.seed ? [] : [`--draw-seed ${seed}`]),
    ...(correlation === DEFAULT_DRAWS.correlation ? [] : [`--correlation ${correlation}`]),
  ];
}

/** Characters of a list of values, so that a line of a mail holds it; an option may be given again. */
const LONGEST_LIST = 50;

/** `--option a,b,c`, in as many options as the length asks for. */
function axis(option: string, values: readonly string[]): string[] {
  const lists: string[] = [];
  for (const value of new Set(values)) {
    const list = lists.at(-1);
    if (list === undefined || list.length + 1 + value.length > LONGEST_LIST) lists.push(value);
    else lists[lists.length - 1] = `${list},${value}`;
  }
  return lists.flatMap((list) => [`--${option}`, list]);
}

/** The command line that makes these runs again. Names of a configuration are axis values, so the distinct values of each axis are enough. */
function reproduceLine(file: string, runs: readonly PricedRun[]): string {
  const configurations = runs.map(({ result }) => result.configuration);
  const first = configurations[0];
  if (first === undefined) return `exitlab compare ${file}`;
  const parts = [
    'exitlab compare',
    /^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", String.raw`'\''`)}'`,
    ...axis(
      'cpu',
      configurations.map(({ cpu }) => cpu),
    ),
    ...axis(
      'mmu',
      configurations.map(({ mmu }) => mmu),
    ),
    ...axis(
      'kernel',
      configurations.map(({ kernel }) => kernel),
    ),
    ...axis(
      'design',
      configurations.map(({ design }) => design),
    ),
    ...axis(
      'mitigations',
      configurations.map(({ mitigations }) => mitigations),
    ),
    ...axis(
      'host-page',
      configurations.map(({ hostPage }) => hostPage),
    ),
    ...(configurations.some(({ nestedHost }) => nestedHost)
      ? axis(
          'nested-host',
          configurations.map(({ nestedHost }) => (nestedHost ? 'yes' : 'no')),
        )
      : []),
    ...(configurations.some(({ vpid }) => !vpid)
      ? axis(
          'vpid',
          configurations.map(({ vpid }) => (vpid ? 'yes' : 'no')),
        )
      : []),
    ...(configurations.some(({ switches }) => 'hostCpus' in switches)
      ? axis(
          'host-cpus',
          configurations.map(({ switches }) => String(switches['hostCpus'] ?? 0)),
        )
      : []),
    ...axis('seed', [String(first.seed)]),
    ...Object.entries(first.switches)
      .filter(([name]) => name !== 'hostCpus')
      .flatMap(([name, value]) => ['--switch', `${name}=${String(value)}`]),
  ];
  // A calibrated CPU has another id than the model it was run on.
  const calibrated = runs.find(({ model, result }) => model.id !== result.configuration.cpu);
  if (calibrated !== undefined) parts.push('--cpu-file', `${calibrated.model.id}.exitlab-cpu.json`);
  return parts.join(' ');
}
