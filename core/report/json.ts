import type { RecordedEvent } from '../events/recorder.ts';
import { pricePhases } from '../experiment/phases.ts';
import type { PathResult } from '../experiment/result.ts';
import { timedAccount } from '../experiment/timed-account.ts';
import { shadowAccount } from '../experiment/shadow-costs.ts';
import type { LeftOut } from './compare-text.ts';
import type { Draws } from '../experiment/uncertainty/draws.ts';
import { pairsOf, type Pair, type SeedRuns } from '../experiment/uncertainty/pairs.ts';
import { rerunPairs, type Reruns } from '../experiment/uncertainty/reruns.ts';
import type { ReportDocument } from './report-document.ts';
import type { RunView, ScenarioView } from './view.ts';

// Reports as data. Each names its schema; docs/json.md describes them. A field is never renamed or given another meaning within a version.

interface Provenance {
  /** Version of the program. */
  readonly version: string;
  /** The script's own text, so that the run can be repeated. */
  readonly script: string;
}

const scenarioPart = ({ file, title, question, claims, says }: ScenarioView, { version, script }: Provenance) => ({
  version,
  scenario: { file, title, question, claims, says, script },
});

const runPart = ({ result, priced, model, mark }: RunView) => ({
  configuration: result.configuration,
  cpu: { id: model.id, name: model.name, ghz: model.ghz, ...(mark === undefined ? {} : { prediction: mark }) },
  accesses: result.accesses,
  cycles: { perAccess: priced.perAccess, total: priced.total, provenance: priced.provenance },
  userspaceExits: result.userspaceExits,
  exits: result.exits,
  eventfds: result.eventfds,
  checked: result.checked,
  divergences: result.divergences,
  notes: result.notes,
  problem: result.problem,
  stats: result.stats,
  stages: priced.stages,
  steps: priced.steps,
  paths: priced.paths.map(({ path, cycles }) => ({ count: path.count, cycles, steps: path.steps })),
  phases: pricePhases(result, model),
  hostPaths: result.hostPaths,
  shadowPaging: shadowAccount(result, priced.paths),
  ...(result.timed === undefined ? {} : { timed: timedAccount(result.timed, model) }),
});

export const runJson = (scenario: ScenarioView, run: RunView, provenance: Provenance) => ({
  schema: 'exitlab.run/1',
  ...scenarioPart(scenario, provenance),
  run: runPart(run),
});

export const compareJson = (
  scenario: ScenarioView,
  runs: readonly RunView[],
  leftOut: readonly LeftOut[],
  baseline: number | null,
  provenance: Provenance,
  draws?: Draws,
  seeds?: SeedRuns,
  reruns: Reruns = new Map(),
) => ({
  schema: 'exitlab.compare/1',
  ...scenarioPart(scenario, provenance),
  runs: runs.map(runPart),
  leftOut,
  differences: pairsOf(runs, baseline, draws, seeds).map(differencePart),
  ...(reruns.size === 0 ? {} : { reruns: rerunPairs(pairsOf(runs, baseline, draws, seeds), reruns) }),
});

const differencePart = ({ comparison: { a, b, waterfall, ...comparison } }: Pair) => ({
  from: a,
  to: b,
  ...waterfall,
  ...comparison,
});

/** A report as the data that `exitlab compare --json` prints. */
export const reportJsonText = ({ scenario, script, version, runs, pairs, leftOut }: ReportDocument): string =>
  `${JSON.stringify(
    {
      schema: 'exitlab.compare/1',
      ...scenarioPart(scenario, { version, script }),
      runs: runs.map(runPart),
      leftOut,
      differences: pairs.map(differencePart),
    },
    null,
    2,
  )}\n`;

interface ExplainedJson {
  /** Number of the access, 0 when the most frequent path is explained instead. */
  readonly access: number;
  readonly text: string;
  readonly line: number;
  readonly steps: PathResult['steps'];
  readonly events: readonly RecordedEvent[];
}

export const explainJson = (
  scenario: ScenarioView,
  run: RunView,
  explained: ExplainedJson,
  provenance: Provenance,
) => ({
  schema: 'exitlab.explain/1',
  ...scenarioPart(scenario, provenance),
  configuration: run.result.configuration,
  access: explained.access,
  text: explained.text,
  line: explained.line,
  steps: explained.steps.map(([step, times]) => {
    const price = run.model.prices[step as keyof typeof run.model.prices];
    return { step, times, cycles: price.value * times, price };
  }),
  events: explained.events.map(({ name, args }) => ({ name, args })),
});
