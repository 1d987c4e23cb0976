import { timedAccount, type VcpuAccount } from '../experiment/timed-account.ts';
import type { Wait } from '../machine/smp/waits.ts';
import { figure, percent } from './numbers.ts';
import type { Style } from './style.ts';
import { table, wrap } from './table.ts';
import type { RunView } from './view.ts';

const WORDS =
  "Timed: who met whom follows from the best values of each run's own prices. Figures an access are of all vCPUs, without waits; their ranges leave the meetings as they were: under other prices run again.";

/** Runs of several vCPUs side by side: when all were through, how much of the vCPUs' time was waited, and for what most. */
export function timedCompareLines(runs: readonly RunView[], style: Style): string[] {
  const rows = runs.flatMap(({ result, model }) => {
    if (result.timed === undefined) return [];
    const { vcpus, host } = timedAccount(result.timed, model);
    const time = sum(vcpus.map(({ clock }) => clock));
    const ended = Math.max(...vcpus.map(({ clock }) => clock));
    return [
      [
        `  ${result.configuration.name}`,
        figure(ended),
        percent(time === 0 ? 0 : sum(vcpus.map(({ waited }) => waited)) / time),
        mostWaited(vcpus, time),
        figure(sum(host.flatMap(({ waits }) => waits.map(({ cycles }) => cycles)))),
      ],
    ];
  });
  if (rows.length === 0) return [];
  return [
    '',
    style.heading('vCPUs in simulated time'),
    ...table(
      [
        { title: '  run' },
        { title: 'ended at', align: 'right' },
        { title: 'waited', align: 'right' },
        { title: 'most of it' },
        { title: 'VMM waited', align: 'right' },
      ],
      rows,
      style.quiet,
    ),
    ...wrap(WORDS, '  ', '  ').map(style.quiet),
  ];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The symbol most waited for, with its part of the vCPUs' time. */
function mostWaited(vcpus: readonly VcpuAccount[], time: number): string {
  const sums = new Map<Wait['symbol'], number>();
  for (const { waits } of vcpus)
    for (const { symbol, cycles } of waits) sums.set(symbol, (sums.get(symbol) ?? 0) + cycles);
  const [most] = [...sums].sort((a, b) => b[1] - a[1]);
  return most === undefined ? 'nothing' : `${most[0]} ${percent(most[1] / time)}`;
}
