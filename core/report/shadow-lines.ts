import {
  shadowAccount,
  shadowCounts,
  type ShadowCost,
  type ShadowCounts,
  type ShadowKind,
} from '../experiment/shadow-costs.ts';
import { figure, integer } from './numbers.ts';
import type { Style } from './style.ts';
import { table, WIDTH, wrap } from './table.ts';
import type { RunView } from './view.ts';

const COUNTS: readonly (readonly [string, keyof ShadowCounts])[] = [
  ['direct', 'faultsDirect'],
  ['injected', 'faultsInjected'],
  ['trap-np', 'trapNotPresent'],
  ['host', 'hostFaults'],
  ['pte-wr', 'pteWrites'],
  ['floods', 'floods'],
  ['zapped', 'zapped'],
  ['again', 'reshadowed'],
];

const KINDS: readonly (readonly [string, ShadowKind])[] = [
  ['direct', 'faultDirect'],
  ['injected', 'faultInjected'],
  ['pte-wr', 'pteWrite'],
  ['host', 'hostFault'],
  ['invlpg', 'invlpg'],
  ['cr', 'controlRegister'],
  ['mmio', 'mmio'],
  ['other', 'otherExit'],
  ['no exit', 'noExit'],
];

/**
 * What the page faults of runs were, what became of writes to page tables, and the cycles of each kind of exit. Nothing when no run has
 * shadow paging; a run with EPT or NPT beside one that has shows what it has of it. `listed`: the names of the runs stand above by number.
 */
export function shadowLines(runs: readonly RunView[], style: Style, listed = false): string[] {
  const accounts = runs.map(({ result, priced }) => shadowAccount(result, priced.paths));
  if (accounts.every((account) => account === null)) return [];
  const counts = runs.map(({ result }) => shadowCounts(result));
  const counted = COUNTS.filter(([, of]) => counts.some((count) => count[of] > 0));
  const kinds = KINDS.filter(([, of]) =>
    accounts.some((account) => account !== null && account.costs[of].accesses > 0),
  );
  const cell = ({ accesses, cycles }: ShadowCost): string => (accesses === 0 ? '-' : figure(cycles.value / accesses));
  const total = ({ cycles }: ShadowCost): string => figure(Math.round(cycles.value / 1000));
  const per = (of: (cost: ShadowCost) => string): string[][] =>
    runs.flatMap(({ result }, n) => {
      const account = accounts[n]!;
      return account === null
        ? []
        : [[name(result.configuration.name, n), ...kinds.map(([, kind]) => of(account.costs[kind]))]];
    });
  const taken = counted.map(
    ([title, of]) => Math.max(title.length, ...counts.map((each) => integer(each[of]).length)) + 2,
  );
  const room = WIDTH - 2 - taken.reduce((sum, width) => sum + width, 0);
  const long = Math.max(...runs.map(({ result }) => result.configuration.name.length)) > room;
  const name = (text: string, n: number): string => (runs.length === 1 ? '' : long ? `[${n + 1}]` : text);
  const rows = runs.map(({ result }, n) => [
    name(result.configuration.name, n),
    ...counted.map(([, of]) => integer(counts[n]![of])),
  ]);
  return [
    '',
    style.heading('Shadow paging'),
    ...(long && runs.length > 1 && !listed
      ? runs.map(({ result }, n) => `  [${n + 1}] ${result.configuration.name}`)
      : []),
    ...block('counts', counted, rows, style),
    ...wrap(LEGEND, '  ').map(style.quiet),
    ...block('cycles of one', kinds, per(cell), style),
    ...block('kcycles in all', kinds, per(total), style),
    ...wrap('An access with several exits stands in the first column that fits.', '  ').map(style.quiet),
  ];
}

const LEGEND =
  'direct: page faults that the CPU delivered to the guest without an exit. injected: that exited and that KVM gave back. trap-np: of these, ' +
  "on entries marked trap whose guest entry was not present. host: exits for faults that are KVM's own, writes to shadowed tables among them. " +
  'pte-wr: writes to tables emulated. floods: tables given up as written too often. zapped: shadow pages. again: frames shadowed once more.';

const block = (
  title: string,
  columns: readonly (readonly [string, string])[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] =>
  table(
    [{ title: `  ${title}` }, ...columns.map(([text]) => ({ title: text, align: 'right' as const }))],
    rows.map(([first = '', ...cells]) => [`  ${first}`, ...cells]),
    style.quiet,
  );
