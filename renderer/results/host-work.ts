import { priceResult, STAGES, type Bounds, type PathResult, type PricedResult, type Stage } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { cycles, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { STAGE_PAINT } from '../widgets/palette.ts';
import { KINDS_COLUMN, kindsCell, pricesLine } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.host;
const NONE: Bounds = { value: 0, low: 0, high: 0 };

/** True when a host did something beside its vCPUs after the set-up. */
export const hasHostWork = ({ host }: Pick<PricedRun, 'host'>): boolean => host.accesses > 0;

/** The ioctl or notifier that a path of the host is, by the step that no other has. */
const WORKS = [
  ['ioctl.memslot', text.memslot],
  ['ioctl.ioeventfd', text.ioeventfd],
  ['ioctl.get_dirty_log', text.dirtyLog],
] as const;

/** What a path of the host is, in the names of KVM's API. */
export const workOf = ({ steps }: PathResult): string =>
  WORKS.find(([step]) => steps.some(([name]) => name === step))?.[1] ?? text.notifier;

const stageOf = ({ host }: PricedRun, stage: Stage): Bounds =>
  host.stages.find((cost) => cost.stage === stage)?.cycles ?? NONE;

const stagesOf = (runs: readonly PricedRun[]): Stage[] =>
  STAGES.filter((stage) => runs.some(({ host }) => host.stages.some((cost) => cost.stage === stage)));

/** Cycles that the host worked beside the vCPUs in the whole run, by stage, a stack a configuration. */
export function hostChart(runs: readonly PricedRun[]): BarsSpec {
  return {
    kind: 'bars',
    title: text.title,
    unit: text.perRun,
    whole: false,
    labels: runs.map(({ name }) => name),
    parts: stagesOf(runs).map((stage) => ({
      name: stage,
      paint: STAGE_PAINT[stage],
      values: runs.map((run) => stageOf(run, stage).value),
    })),
    whiskers: runs.map(({ host }) => host.total),
    description: runs.map(({ name, host }) => `${name}: ${cycles(host.total.value)} (${range(host.total)})`).join('; '),
  };
}

/** The chart's numbers. */
export function hostTable(runs: readonly PricedRun[]): TableSpec {
  const stages = stagesOf(runs);
  const unit = text.perRun;
  return {
    caption: text.title,
    columns: [
      { title: resultText.configuration },
      { title: text.times, align: 'right' },
      { title: resultText.stages.total, unit, align: 'right' },
      { title: resultText.low, unit, align: 'right' },
      { title: resultText.high, unit, align: 'right' },
      KINDS_COLUMN,
      ...stages.map((stage) => ({ title: stage, unit, align: 'right' as const, paint: STAGE_PAINT[stage] })),
    ],
    rows: runs.map((run) => {
      const { accesses, total, provenance } = run.host;
      return {
        key: `${run.index}`,
        cells: [
          words(run.name),
          number(accesses, grouped(accesses)),
          number(total.value, cycles(total.value)),
          number(total.low, cycles(total.low)),
          number(total.high, cycles(total.high)),
          kindsCell(provenance),
          ...stages.map((stage) => {
            const bounds = stageOf(run, stage);
            return bounds.high === 0 ? number(0, '0') : number(bounds.value, cycles(bounds.value), range(bounds));
          }),
        ],
      };
    }),
  };
}

/** What the host did: each ioctl of KVM's API and the notifier, how often, and what one of them cost. */
export function hostWorksTable(runs: readonly PricedRun[]): TableSpec {
  const count = (value: number) => number(value, grouped(value));
  return {
    caption: text.works,
    columns: [
      { title: resultText.configuration },
      { title: text.work },
      { title: text.times, align: 'right' },
      { title: text.each, unit: text.mean, align: 'right' },
      { title: text.all, unit: text.perRun, align: 'right' },
      KINDS_COLUMN,
      { title: text.graces, unit: text.ofRun, align: 'right' },
      { title: text.where, unit: text.mean, wide: true },
    ],
    rows: runs.flatMap((run) =>
      worksOf(run).map(({ work, priced }) => ({
        key: `${run.index} ${work}`,
        cells: [
          words(run.name),
          words(work),
          count(priced.accesses),
          number(priced.perAccess.value, cycles(priced.perAccess.value), range(priced.perAccess)),
          number(priced.total.value, cycles(priced.total.value), range(priced.total)),
          kindsCell(priced.provenance),
          count(timesOf(priced, 'synchronize_srcu_expedited')),
          words(dearestSteps(priced)),
        ],
      })),
    ),
  };
}

/** The three steps that most of the cycles of one are for. */
const dearestSteps = ({ steps, accesses }: PricedResult): string =>
  steps
    .slice(0, 3)
    .map(({ step, cycles: all }) => `${step} ${cycles(all.value / accesses)}`)
    .join(', ');

const timesOf = ({ steps }: PricedResult, wanted: string): number =>
  steps.find(({ step }) => step === wanted)?.times ?? 0;

function worksOf({ result, model }: PricedRun): { work: string; priced: PricedResult }[] {
  const works = new Map<string, PathResult[]>();
  for (const path of result.hostPaths) {
    const work = workOf(path);
    works.set(work, [...(works.get(work) ?? []), path]);
  }
  return [...works].flatMap(([work, paths]) => {
    const priced = priceResult(paths, model);
    return priced.ok ? [{ work, priced: priced.value }] : [];
  });
}

export const hostPrices = (runs: readonly PricedRun[]): string => pricesLine(runs.map(({ host }) => host.provenance));
