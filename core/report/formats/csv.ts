import type { PricedRun } from '../../experiment/priced-run.ts';
import type { ReportDocument } from '../report-document.ts';

/** A row of the long form: one metric of one run, or of one pair. */
export interface LongRow {
  readonly scenario: string;
  /** Version of the program. */
  readonly version: string;
  /** The configuration, or for a pair the one that is compared with `baseline`. */
  readonly configuration: string;
  /** Empty for a run. */
  readonly baseline: string;
  readonly cpu: string;
  readonly mmu: string;
  readonly kernel: string;
  readonly design: string;
  readonly mitigations: string;
  readonly seed: number;
  readonly metric: string;
  /** Stage, step, exit reason, eventfd, statistic; empty for a total. */
  readonly part: string;
  readonly unit: string;
  readonly value: number;
  /** Bounds, or the ends of the 95 % interval of a pair; equal to the value for a count. */
  readonly low: number;
  readonly high: number;
  /** `count` (exact), `read`, `derived` or `estimated` (the least certain price in it). */
  readonly kind: string;
}

export const LONG_COLUMNS: readonly (keyof LongRow)[] = [
  'scenario',
  'version',
  'configuration',
  'baseline',
  'cpu',
  'mmu',
  'kernel',
  'design',
  'mitigations',
  'seed',
  'metric',
  'part',
  'unit',
  'value',
  'low',
  'high',
  'kind',
];

/** The report as rows of one metric each. */
export function longRows(report: ReportDocument): LongRow[] {
  return [
    ...report.runs.flatMap((run) => runRows(report, run)),
    ...report.pairs.flatMap((pair) => pairRows(report, pair)),
  ];
}

type Keys = Omit<LongRow, 'metric' | 'part' | 'unit' | 'value' | 'low' | 'high' | 'kind'>;

function keysOf({ scenario, version }: ReportDocument, { result }: PricedRun, baseline: string): Keys {
  const { name, cpu, mmu, kernel, design, mitigations, seed } = result.configuration;
  return {
    scenario: scenario.title,
    version,
    configuration: name,
    baseline,
    cpu,
    mmu,
    kernel,
    design,
    mitigations,
    seed,
  };
}

const CERTAINTY = ['read', 'derived', 'estimated'];
const leastCertain = (kinds: readonly string[]): string =>
  CERTAINTY[Math.max(0, ...kinds.map((kind) => CERTAINTY.indexOf(kind)))]!;

function runRows(report: ReportDocument, run: PricedRun): LongRow[] {
  const keys = keysOf(report, run, '');
  const { priced, result } = run;
  const count = (metric: string, part: string, unit: string, value: number): LongRow => ({
    ...keys,
    metric,
    part,
    unit,
    value,
    low: value,
    high: value,
    kind: 'count',
  });
  const kindOf = (stage?: string): string =>
    leastCertain(
      priced.steps
        .filter((one) => one.cycles.high > 0 && (stage === undefined || one.stage === stage))
        .map((one) => one.price.kind),
    );
  return [
    count('accesses', '', 'accesses', result.accesses),
    { ...keys, metric: 'cycles', part: '', unit: 'TSC cycles an access', ...priced.perAccess, kind: kindOf() },
    ...priced.stages.map(({ stage, cycles }) => ({
      ...keys,
      metric: 'cycles by stage',
      part: stage,
      unit: 'TSC cycles of the run',
      ...cycles,
      kind: kindOf(stage),
    })),
    ...priced.steps.map(({ step, times }) => count('step', step, 'times', times)),
    ...Object.entries(result.exits).map(([reason, times]) => count('exits', reason, 'exits', times)),
    ...Object.entries(result.eventfds).map(([fd, times]) => count('signals', fd, 'signals', times)),
    count('userspace exits', '', 'exits', result.userspaceExits),
    ...Object.entries(result.stats).map(([stat, times]) => count('stat', stat, 'times', times)),
    ...result.divergences.map(({ kind, count: times }) => count('divergences', kind, 'divergences', times)),
  ];
}

function pairRows(report: ReportDocument, { to, comparison }: ReportDocument['pairs'][number]): LongRow[] {
  const keys = keysOf(report, to, comparison.a);
  const { difference, interval, waterfall } = comparison;
  const kind = leastCertain(waterfall.steps.map(({ step }) => to.model.prices[step].kind));
  const unit = 'TSC cycles an access';
  return [
    {
      ...keys,
      metric: 'difference',
      part: '',
      unit,
      value: difference,
      low: interval?.low ?? difference,
      high: interval?.high ?? difference,
      kind,
    },
    ...waterfall.stages.map(({ stage, cycles }) => ({
      ...keys,
      metric: 'difference by stage',
      part: stage,
      unit,
      value: cycles,
      low: cycles,
      high: cycles,
      kind,
    })),
  ];
}

const cell = (value: string | number): string => {
  const text = String(value);
  // A leading = + - @ would be a formula in a spreadsheet; a number is none.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** CSV of RFC 4180, long form: a header, then one metric a row. */
export const csvText = (report: ReportDocument): string =>
  [
    LONG_COLUMNS.join(','),
    ...longRows(report).map((row) => LONG_COLUMNS.map((name) => cell(row[name])).join(',')),
    '',
  ].join('\r\n');
