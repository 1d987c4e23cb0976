import { timedAccount, type Bounds, type TimedAccount, type VcpuAccount } from '../../core/index.ts';
import type { BarsSpec } from '../charts/chart.ts';
import { cycles, percent, range } from '../charts/format.ts';
import { number, words, type TableSpec } from '../charts/table.ts';
import { grouped } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import { NEUTRAL, WAIT_PAINT, WITHOUT_WORK, type Paint } from '../widgets/palette.ts';
import { KINDS_COLUMN, kindsCell, kindsOf } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';
import { isRepriced, isTimed } from './timed.ts';

const text = resultText.vcpus;

type Wait = VcpuAccount['waits'][number];
type WaitSymbol = Wait['symbol'];
const WAITS = Object.keys(WAIT_PAINT) as WaitSymbol[];

/** Where the time of one vCPU, or of all of a run, went: a stack of the chart. */
interface Stack {
  readonly label: string;
  readonly own: number;
  readonly waits: readonly Wait[];
  /** Neither working nor waiting: no program ran on it. */
  readonly idle: number;
}

/** Runs of several vCPUs at the same time. */
export const timedRuns = (runs: readonly PricedRun[]): PricedRun[] => runs.filter(isTimed);

const accountOf = ({ result, model }: PricedRun): TimedAccount => timedAccount(result.timed!, model);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
const waitedFor = (waits: readonly Wait[], symbol: WaitSymbol): number =>
  sum(waits.filter((wait) => wait.symbol === symbol).map((wait) => wait.cycles));

/** Time without a program is known only at the prices that the run was made with. */
const idleOf = (run: PricedRun, { clock, own, waited }: VcpuAccount): number =>
  isRepriced(run) ? 0 : Math.max(0, clock - own.value - waited);

const stacksOf = (run: PricedRun): Stack[] =>
  accountOf(run).vcpus.map((vcpu) => ({
    label: text.number(vcpu.id),
    own: vcpu.own.value,
    waits: vcpu.waits,
    idle: idleOf(run, vcpu),
  }));

function stackOfAll(run: PricedRun): Stack {
  const stacks = stacksOf(run);
  return {
    label: run.name,
    own: sum(stacks.map(({ own }) => own)),
    waits: stacks.flatMap(({ waits }) => waits),
    idle: sum(stacks.map(({ idle }) => idle)),
  };
}

function chartOf(title: string, stacks: readonly Stack[]): BarsSpec {
  const part = (name: string, paint: Paint, of: (stack: Stack) => number) => ({ name, paint, values: stacks.map(of) });
  const parts = [
    part(text.own, NEUTRAL, ({ own }) => own),
    ...WAITS.map((symbol) => part(symbol, WAIT_PAINT[symbol], ({ waits }) => waitedFor(waits, symbol))),
    part(text.idle, WITHOUT_WORK, ({ idle }) => idle),
  ].filter(({ name, values }) => name === text.own || values.some((value) => value > 0));
  const described = (at: number): string =>
    parts.map(({ name, values }) => `${name} ${cycles(values[at]!)}`).join(', ');
  return {
    kind: 'bars',
    title,
    unit: resultText.cycles,
    whole: false,
    labels: stacks.map(({ label }) => label),
    parts,
    whiskers: null,
    description: stacks.map(({ label }, at) => `${label}: ${described(at)}`).join('; '),
  };
}

/** The time of all vCPUs of each run, a stack a configuration. */
export const runsChart = (runs: readonly PricedRun[]): BarsSpec => chartOf(text.runs, runs.map(stackOfAll));

/** The time of each vCPU of one run. */
export const vcpusChart = (run: PricedRun): BarsSpec => chartOf(text.title(run.name), stacksOf(run));

/** Runs side by side: when all vCPUs were through, how much of their time was waited, and for what most. */
export function runsTable(runs: readonly PricedRun[]): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.runs,
    columns: [
      { title: resultText.configuration },
      { title: text.ended, unit, align: 'right' },
      { title: text.own, unit, align: 'right' },
      { title: text.waited, unit, align: 'right' },
      { title: text.ofTime, align: 'right' },
      { title: text.most },
      { title: text.vmmWaited, unit, align: 'right' },
      KINDS_COLUMN,
    ],
    rows: runs.map((run) => {
      const { vcpus, host } = accountOf(run);
      const time = sum(vcpus.map(({ clock }) => clock));
      const own = sumOf(vcpus.map((vcpu) => vcpu.own));
      const waited = sum(vcpus.map((vcpu) => vcpu.waited));
      return {
        key: `${run.index}`,
        cells: [
          words(run.name),
          amount(Math.max(...vcpus.map(({ clock }) => clock))),
          number(own.value, cycles(own.value), range(own)),
          amount(waited),
          part(waited, time),
          words(mostWaited(vcpus, time)),
          amount(sum(host.flatMap(({ waits }) => waits.map((wait) => wait.cycles)))),
          kindsCell(run.priced.provenance),
        ],
      };
    }),
  };
}

/** What each vCPU of a run did, how long it waited, and when it was through. */
export function vcpusTable(run: PricedRun): TableSpec {
  const unit = resultText.cycles;
  return {
    caption: text.title(run.name),
    columns: [
      { title: text.who },
      { title: text.instructions, align: 'right' },
      { title: text.own, unit, align: 'right' },
      { title: text.waited, unit, align: 'right' },
      { title: text.idle, unit, align: 'right' },
      { title: text.ended, unit, align: 'right' },
      KINDS_COLUMN,
    ],
    rows: accountOf(run).vcpus.map((vcpu, n) => ({
      key: `${vcpu.id}`,
      cells: [
        words(text.number(vcpu.id)),
        number(vcpu.instructions, grouped(vcpu.instructions)),
        number(vcpu.own.value, cycles(vcpu.own.value), range(vcpu.own)),
        amount(vcpu.waited),
        isRepriced(run) ? words('') : amount(idleOf(run, vcpu)),
        amount(vcpu.clock),
        kindsCell(kindsOf(run.result.timed!.vcpus[n]!.paths, run.model)),
      ],
    })),
  };
}

/** Everything waited for in a run, by who and for what; threads of the VMM last. No rows when nobody waited. */
export function waitsTable(run: PricedRun): TableSpec {
  const { vcpus, host } = accountOf(run);
  const threads = [
    ...vcpus.map(({ id, waits, clock }) => ({ who: text.number(id), waits, clock })),
    ...host.map(({ waits, clock }, n) => ({ who: text.vmm(n), waits, clock })),
  ];
  return {
    caption: text.waits(run.name),
    columns: [
      { title: text.who },
      { title: text.symbol },
      { title: text.kind },
      { title: text.times, align: 'right' },
      { title: resultText.cycles, align: 'right' },
      { title: text.ofItsTime, align: 'right' },
    ],
    rows: threads.flatMap(({ who, waits, clock }) =>
      waits.map(({ symbol, kind, times, cycles: waited }) => ({
        key: `${who} ${symbol}`,
        cells: [
          words(who),
          { ...words(symbol), paint: WAIT_PAINT[symbol] },
          words(kind),
          number(times, grouped(times)),
          amount(waited),
          part(waited, clock),
        ],
      })),
    ),
  };
}

/** What the scheduler did where the vCPUs shared CPUs of the host; null where each had its own. */
export function schedulingTable(run: PricedRun): TableSpec | null {
  const { vcpus, hostCpus } = accountOf(run);
  if (hostCpus === undefined) return null;
  const count = (value = 0) => number(value, grouped(value));
  return {
    caption: text.shared(vcpus.length, hostCpus.busy.length),
    columns: [
      { title: text.who },
      ...[text.preempted, text.slept, text.moved].map((title) => ({ title, align: 'right' as const })),
      { title: text.forCpu, unit: resultText.cycles, align: 'right' },
    ],
    rows: vcpus.map(({ id, scheduling, waits }) => ({
      key: `${id}`,
      cells: [
        words(text.number(id)),
        count(scheduling?.preempted),
        count(scheduling?.slept),
        count(scheduling?.moved),
        amount(waitedFor(waits, 'schedule')),
      ],
    })),
  };
}

/** How much of the time each CPU of the host had a vCPU; empty where each vCPU had its own. */
export function busyText(run: PricedRun): string {
  const { vcpus, hostCpus } = accountOf(run);
  const end = Math.max(...vcpus.map(({ clock }) => clock));
  return hostCpus === undefined
    ? ''
    : text.busy(hostCpus.busy.map((busy) => percent(end === 0 ? 0 : busy / end)).join(', '));
}

const amount = (value: number) => number(value, cycles(value));
const part = (value: number, whole: number) =>
  number(whole === 0 ? 0 : value / whole, percent(whole === 0 ? 0 : value / whole));

const sumOf = (parts: readonly Bounds[]): Bounds => ({
  value: sum(parts.map(({ value }) => value)),
  low: sum(parts.map(({ low }) => low)),
  high: sum(parts.map(({ high }) => high)),
});

/** The symbol most waited for, with its part of the vCPUs' time. */
function mostWaited(vcpus: readonly VcpuAccount[], time: number): string {
  const [most] = WAITS.map((symbol) => ({ symbol, waited: sum(vcpus.map(({ waits }) => waitedFor(waits, symbol))) }))
    .filter(({ waited }) => waited > 0)
    .sort((a, b) => b.waited - a.waited);
  return most === undefined ? text.nothing : `${most.symbol} ${percent(most.waited / time)}`;
}
