import { timedAccount, type VcpuAccount } from '../experiment/timed-account.ts';
import type { Wait } from '../machine/smp/waits.ts';
import { figure, integer, percent } from './numbers.ts';
import type { Style } from './style.ts';
import { table, wrap } from './table.ts';
import type { RunView } from './view.ts';

const WORDS = `Timed: who met whom follows from the best values of this CPU's prices, and so do the waits; ranges of the steps leave it as it is. Under other prices run it again. Figures an access are of all vCPUs, without waits.`;

/** The vCPUs that ran at the same time: what each did, what it waited for, and when it was through. */
export function timedLines({ result, model }: RunView, style: Style): string[] {
  if (result.timed === undefined) return [];
  const { vcpus, host, hostCpus } = timedAccount(result.timed, model);
  const rows = vcpus.map(({ id, instructions, own, waited, clock }) => [
    `  vCPU ${id}`,
    integer(instructions),
    figure(own.value),
    figure(waited),
    figure(clock),
  ]);
  const columns = ['instructions', 'own cycles', 'waited', 'ended at'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const waiting = [
    ...vcpus.flatMap(({ id, waits, clock }) => waits.map((wait) => waitRow(`vCPU ${id}`, wait, clock))),
    ...host.flatMap(({ waits, clock }, n) => waits.map((wait) => waitRow(`VMM ${n}`, wait, clock))),
  ];
  return [
    '',
    style.heading('vCPUs in simulated time, in cycles'),
    ...table([{ title: '  who' }, ...columns], rows, style.quiet),
    ...(hostCpus === undefined ? [] : schedulingLines(vcpus, hostCpus.busy, style)),
    ...(waiting.length === 0 ? [] : ['', style.heading('Waits, in cycles'), ...waitTable(waiting, style)]),
    ...wrap(WORDS, '  ', '  ').map(style.quiet),
  ];
}

/** CPUs of the host that the vCPUs shared: who lost its CPU, gave it up, came back on another one. */
function schedulingLines(vcpus: readonly VcpuAccount[], busy: readonly number[], style: Style): string[] {
  const end = Math.max(...vcpus.map(({ clock }) => clock));
  const rows = vcpus.map(({ id, scheduling, waits }) => [
    `  vCPU ${id}`,
    ...[scheduling?.preempted, scheduling?.slept, scheduling?.moved].map((times) => integer(times ?? 0)),
    figure(waits.find(({ symbol }) => symbol === 'schedule')?.cycles ?? 0),
  ]);
  const columns = ['preempted', 'slept', 'moved', 'waited for a CPU'].map((title) => ({
    title,
    align: 'right' as const,
  }));
  const shares = busy.map((cycles) => percent(end === 0 ? 0 : cycles / end)).join(', ');
  const cpus = busy.length === 1 ? '1 CPU of the host' : `${busy.length} CPUs of the host`;
  return [
    '',
    style.heading(`${vcpus.length} vCPUs on ${cpus}`),
    ...table([{ title: '  who' }, ...columns], rows, style.quiet),
    ...wrap(`Busy: ${shares} of the time.`, '  ', '  ').map(style.quiet),
  ];
}

const waitRow = (who: string, { symbol, kind, times, cycles }: Wait, clock: number): string[] => [
  `  ${who}`,
  symbol,
  kind,
  integer(times),
  figure(cycles),
  percent(clock === 0 ? 0 : cycles / clock),
];

const waitTable = (rows: readonly string[][], style: Style): string[] =>
  table(
    [
      { title: '  who' },
      { title: 'symbol' },
      { title: '' },
      { title: 'times', align: 'right' },
      { title: 'cycles', align: 'right' },
      { title: 'of its time', align: 'right' },
    ],
    rows,
    style.quiet,
  );
