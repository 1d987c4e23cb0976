import { timedAccount } from '../experiment/timed-account.ts';
import type { Wait } from '../machine/smp/waits.ts';
import { figure, integer, percent } from './numbers.ts';
import type { Style } from './style.ts';
import { table, wrap } from './table.ts';
import type { RunView } from './view.ts';

const WORDS = `Timed: who met whom follows from the best values of this CPU's prices, and so do the waits; ranges of the steps leave it as it is. Under other prices run it again. Figures an access are of all vCPUs, without waits.`;

/** The vCPUs that ran at the same time: what each did, what it waited for, and when it was through. */
export function timedLines({ result, model }: RunView, style: Style): string[] {
  if (result.timed === undefined) return [];
  const { vcpus, host } = timedAccount(result.timed, model);
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
    ...(waiting.length === 0 ? [] : ['', style.heading('Waits, in cycles'), ...waitTable(waiting, style)]),
    ...wrap(WORDS, '  ', '  ').map(style.quiet),
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
