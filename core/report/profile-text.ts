import type { Profile } from '../experiment/profile.ts';
import { figure } from './numbers.ts';
import { table, wrap } from './table.ts';

/** Rows of one listing. */
const SHOWN = 20;

/** Listings like those of `perf top`, each under a label that says of which workload, machine and design its numbers are. */
export function profileText(workload: string, profiles: readonly Profile[]): string {
  const listings = profiles.flatMap(({ label, rows, cycles, elsewhere }) => [
    ...wrap(`${workload}: ${label}`),
    ...table(
      [{ title: 'Overhead', align: 'right' }, { title: 'Shared Object' }, { title: 'Symbol' }],
      rows.slice(0, SHOWN).map(({ symbol, share }) => [`${(share * 100).toFixed(2)}%`, '[kernel]', `[k] ${symbol}`]),
    ),
    ...(rows.length > SHOWN ? [`... and ${rows.length - SHOWN} more`] : []),
    ...wrap(
      `${figure(cycles)} cycles in the kernel; ${figure(elsewhere)} elsewhere (guest, halted, userspace) are in no percentage.`,
    ),
    '',
  ]);
  return `${[...listings, ...wrap(NOTE)].join('\n')}\n`;
}

const NOTE =
  'Symbols are those perf shows. The switch of worlds is hardware and has none: its samples are taken to land on the first instruction after the exit, in vmx_vmexit ' +
  '(svm_vcpu_run on AMD). Steps and waits that contain other functions are split by a table of estimates. Cycles are the model’s at best prices: the order says more ' +
  'than the percentages (docs/profiles.md).';
