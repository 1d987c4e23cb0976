import { STAGES, type Bounds, type Stage } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { cycles, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { resultText } from '../text/results.ts';
import { STAGE_PAINT } from '../widgets/palette.ts';
import { KINDS_COLUMN, kindsCell } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.stages;
const NONE: Bounds = { value: 0, low: 0, high: 0 };

/** Mean cycles of an access in a stage; zeros where the stage was not entered. */
export function stageCycles({ priced: { stages, accesses } }: PricedRun, stage: Stage): Bounds {
  const found = stages.find((cost) => cost.stage === stage)?.cycles;
  if (found === undefined || accesses === 0) return NONE;
  return { value: found.value / accesses, low: found.low / accesses, high: found.high / accesses };
}

/** Stages that some result has, in the order of STAGES. */
export const stagesOf = (runs: readonly PricedRun[]): Stage[] =>
  STAGES.filter((stage) => runs.some(({ priced }) => priced.stages.some((cost) => cost.stage === stage)));

/** Cycles of an access by stage, a stack a configuration, with whiskers from low to high. */
export function stagesChart(runs: readonly PricedRun[]): BarsSpec {
  return {
    kind: 'bars',
    title: text.title,
    unit: resultText.perAccess,
    whole: false,
    labels: runs.map(({ name }) => name),
    parts: stagesOf(runs).map((stage) => ({
      name: stage,
      paint: STAGE_PAINT[stage],
      values: runs.map((run) => stageCycles(run, stage).value),
    })),
    whiskers: runs.map(({ priced: { perAccess } }) => perAccess),
    description: runs
      .map(({ name, priced: { perAccess } }) => `${name}: ${cycles(perAccess.value)} (${range(perAccess)})`)
      .join('; '),
  };
}

/** The chart's numbers: best value, bounds below it, and what kind of prices it rests on. */
export function stagesTable(runs: readonly PricedRun[]): TableSpec {
  const stages = stagesOf(runs);
  const unit = resultText.cycles;
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      { title: text.total, unit, align: 'right' },
      { title: resultText.low, unit, align: 'right' },
      { title: resultText.high, unit, align: 'right' },
      KINDS_COLUMN,
      ...stages.map((stage) => ({ title: stage, unit, align: 'right' as const, paint: STAGE_PAINT[stage] })),
    ],
    rows: runs.map((run) => {
      const { perAccess, provenance } = run.priced;
      return {
        key: `${run.index}`,
        cells: [
          words(run.name),
          number(perAccess.value, cycles(perAccess.value)),
          number(perAccess.low, cycles(perAccess.low)),
          number(perAccess.high, cycles(perAccess.high)),
          kindsCell(provenance),
          ...stages.map((stage) => {
            const bounds = stageCycles(run, stage);
            return bounds.high === 0 ? number(0, '0') : number(bounds.value, cycles(bounds.value), range(bounds));
          }),
        ],
      };
    }),
  };
}
