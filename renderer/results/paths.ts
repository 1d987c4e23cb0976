import { STAGES, STEPS, type PathResult, type PricedPath, type Stage } from '../../core/index.ts';
import { cycles, percent, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped, plural } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { KINDS_COLUMN, kindsCell, kindsOf } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.paths;
const STAGE_OF = new Map<string, Stage>(STEPS.map(({ name, stage }) => [name, stage]));

/** A path with its place in the result, which names it everywhere. */
export interface NumberedPath extends PricedPath {
  /** Place in `result.paths`. */
  readonly place: number;
  /** The first access that took it, from 1; 0 when unknown. */
  readonly first: number;
}

/** Paths of a result, the most frequent first; of equally frequent ones the dearest. */
export function pathsByCount({ priced, outcome }: PricedRun): NumberedPath[] {
  return priced.paths
    .map((path, place) => ({ ...path, place, first: outcome.firsts[place] ?? 0 }))
    .filter(({ path }) => path.count > 0)
    .sort((a, b) => b.path.count - a.path.count || b.cycles.value - a.cycles.value);
}

/** Cycles of one access on a path by stage, the dearest first. */
export function dearestStages({ steps }: PathResult, { model }: PricedRun): { stage: Stage; cycles: number }[] {
  const sums = new Map<Stage, number>();
  for (const [name, times] of steps) {
    const stage = STAGE_OF.get(name);
    if (stage === undefined) continue;
    const { value } = model.prices[name as keyof typeof model.prices];
    sums.set(stage, (sums.get(stage) ?? 0) + value * times);
  }
  return STAGES.flatMap((stage) => {
    const sum = sums.get(stage) ?? 0;
    return sum > 0 ? [{ stage, cycles: sum }] : [];
  }).sort((a, b) => b.cycles - a.cycles);
}

const timesOf = ({ steps }: PathResult, step: string): number =>
  steps.reduce((sum, [name, times]) => (name === step ? sum + times : sum), 0);

/** Every distinct path with its count and cost; pressing one inspects its first access. */
export function pathsTable(run: PricedRun): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.title(run.name),
    columns: [
      { title: text.path },
      { title: text.accesses, align: 'right' },
      { title: text.share, align: 'right' },
      { title: resultText.cycles, unit: resultText.perAccess, align: 'right' },
      { title: resultText.low, unit, align: 'right' },
      { title: resultText.high, unit, align: 'right' },
      KINDS_COLUMN,
      { title: text.exits, unit: resultText.exits.per, align: 'right' },
      { title: text.steps, align: 'right' },
      { title: text.first, align: 'right' },
      { title: text.where, unit, wide: true },
    ],
    rows: pathsByCount(run).map((path) => {
      const { path: taken, cycles: cost, place, first } = path;
      const share = run.priced.accesses === 0 ? 0 : taken.count / run.priced.accesses;
      const steps = taken.steps.reduce((sum, [, times]) => sum + times, 0);
      const exits = timesOf(taken, 'hw.vmexit');
      const where = dearestStages(taken, run)
        .slice(0, 3)
        .map(({ stage, cycles: part }) => `${stage} ${cycles(part)}`)
        .join(', ');
      return {
        key: `${place}`,
        action: first > 0 ? text.inspect(text.number(place + 1)) : null,
        cells: [
          words(text.number(place + 1)),
          number(taken.count, grouped(taken.count)),
          number(share, percent(share)),
          number(cost.value, cycles(cost.value)),
          number(cost.low, cycles(cost.low)),
          number(cost.high, cycles(cost.high)),
          kindsCell(kindsOf([{ steps: taken.steps, count: 1 }], run.model)),
          number(exits, grouped(exits)),
          number(steps, grouped(steps)),
          first > 0 ? number(first, grouped(first)) : words(''),
          words(where),
        ],
      };
    }),
  };
}

/** One line for a list of paths: `path 2: 1 000 accesses, 412 cycles`. */
export const pathLabel = ({ place, path, cycles: cost }: NumberedPath): string =>
  `${text.number(place + 1)}: ${plural(path.count, 'access', 'accesses')}, ${cycles(cost.value)} ${resultText.cycles} (${range(cost)})`;
