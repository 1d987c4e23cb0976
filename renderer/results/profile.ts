import { profilesOf, type CpuModel, type Kind, type Profile, type RunResult } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { cycles } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { resultText } from '../text/results.ts';
import { NEUTRAL } from '../widgets/palette.ts';
import { KINDS_COLUMN, kindsOf, kindsText, type Kinds } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';

const text = resultText.profile;
/** Bars of the chart. */
const DRAWN = 12;
const KINDS = ['read', 'derived', 'estimated'] as const satisfies readonly Kind[];

/** Cycles by kernel symbol of one configuration: of all its vCPUs, or of one. */
export interface ShownProfile {
  /** Name of the configuration. */
  readonly of: string;
  /** Which vCPUs: `all 16 vCPUs`, `vCPU 3`; empty where one ran. */
  readonly who: string;
  readonly profile: Profile;
  /** By symbol, the parts of its cycles that come from prices of each kind. What was waited has none: with waits they make less than 1. */
  readonly kinds: ReadonlyMap<string, Kinds>;
  /** Kinds of all prices behind it. */
  readonly prices: Kinds;
}

/** The profiles of a run at the prices that are on it: that of all vCPUs first. */
export function shownProfiles({ name, result, model }: Pick<PricedRun, 'name' | 'result' | 'model'>): ShownProfile[] {
  const { timed, paths } = result;
  const byKind = KINDS.map((kind) => profilesOf(withoutWaits(result), pricesOf(model, kind)));
  return profilesOf(result, model).map((profile, n) => {
    const vcpu = timed?.vcpus[n - 1];
    const all = timed === undefined ? '' : text.all(timed.vcpus.length);
    return {
      of: name,
      who: vcpu === undefined ? all : resultText.vcpus.number(vcpu.id),
      profile,
      kinds: kindsBySymbol(
        profile,
        byKind.map((profiles) => profiles[n]!),
      ),
      prices: kindsOf(vcpu?.paths ?? paths, model),
    };
  });
}

const withoutWaits = (result: RunResult): RunResult =>
  result.timed === undefined
    ? result
    : {
        ...result,
        timed: { ...result.timed, vcpus: result.timed.vcpus.map((vcpu) => ({ ...vcpu, waits: [] })) },
      };

/** The model with the prices of one kind; all others are nothing. */
function pricesOf(model: CpuModel, kind: Kind): CpuModel {
  const prices = Object.entries(model.prices).map(([step, price]) => [
    step,
    price.kind === kind ? price : { ...price, value: 0 },
  ]);
  return { ...model, prices: Object.fromEntries(prices) as CpuModel['prices'] };
}

function kindsBySymbol({ rows }: Profile, byKind: readonly Profile[]): Map<string, Kinds> {
  const sums = byKind.map((profile) => new Map(profile.rows.map(({ symbol, cycles: own }) => [symbol, own])));
  return new Map(
    rows.map(({ symbol, cycles: own }) => {
      const [read, derived, estimated] = sums.map((sum) => (sum.get(symbol) ?? 0) / own);
      return [symbol, { read: read!, derived: derived!, estimated: estimated! }];
    }),
  );
}

const titleOf = ({ of, who }: ShownProfile): string => text.title(who === '' ? of : `${of}, ${who}`);

/** Of which workload, CPU, MMU, kernel and design the numbers are. */
export const profileLabel = (workload: string, { profile }: ShownProfile): string => `${workload}: ${profile.label}.`;

/** What the percentages are of, and what they leave out. */
export const profileWhole = ({ profile }: ShownProfile): string =>
  text.whole(cycles(profile.cycles), cycles(profile.elsewhere));

/** A share as perf prints it. */
const share = (part: number): string => `${(part * 100).toFixed(2)}\u00a0%`;

/** The symbols that most of the kernel's cycles fall on, a bar each. */
export function profileChart(shown: ShownProfile): BarsSpec {
  const rows = shown.profile.rows.slice(0, DRAWN);
  return {
    kind: 'bars',
    title: titleOf(shown),
    unit: text.unit,
    whole: false,
    labels: rows.map(({ symbol }) => symbol),
    parts: [{ name: text.part, paint: NEUTRAL, values: rows.map((row) => row.share * 100) }],
    whiskers: null,
    description: rows.map((row) => `${row.symbol} ${share(row.share)}`).join('; '),
  };
}

/** Every symbol, the largest first. */
export function profileTable(shown: ShownProfile): TableSpec {
  return {
    caption: titleOf(shown),
    columns: [
      { title: text.symbol },
      { title: text.share, align: 'right' },
      { title: resultText.cycles, align: 'right' },
      KINDS_COLUMN,
    ],
    rows: shown.profile.rows.map(({ symbol, cycles: own, share: part }) => ({
      key: symbol,
      cells: [
        words(symbol),
        number(part, share(part)),
        number(own, cycles(own)),
        words(sourcesText(shown.kinds.get(symbol)!)),
      ],
    })),
  };
}

/** Kinds of the prices of a symbol's cycles, what was waited among them. */
function sourcesText(kinds: Kinds): string {
  const waited = 1 - kinds.read - kinds.derived - kinds.estimated;
  if (waited < 1e-9) return kindsText(kinds);
  const steps = kindsText(kinds);
  return steps === '' ? text.waited : text.partlyWaited(share(waited), steps);
}
