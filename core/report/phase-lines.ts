import { pricePhases, type PricedPhase } from '../experiment/phases.ts';
import { figure, integer, range } from './numbers.ts';
import type { Style } from './style.ts';
import { table, wrap } from './table.ts';
import type { RunView } from './view.ts';

interface Group {
  readonly names: string[];
  readonly rows: readonly (readonly string[])[];
}

/** What each phase of the script cost; runs of which the same is said stand together. Nothing for a script without phases. */
export function phaseLines(runs: readonly RunView[], style: Style): string[] {
  const groups = new Map<string, Group>();
  for (const { result, model } of runs) {
    const rows = pricePhases(result, model).map(rowOf);
    if (rows.length === 0) continue;
    const key = JSON.stringify(rows);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [result.configuration.name], rows });
    else group.names.push(result.configuration.name);
  }
  if (groups.size === 0) return [];
  const all = [...groups.values()];
  const [titles = '', ...lines] = table(
    COLUMNS,
    all.flatMap(({ rows }) => rows),
    style.quiet,
  );
  let at = 0;
  return [
    '',
    style.heading('By phase, an access'),
    titles,
    ...all.flatMap(({ names, rows }) => [
      ...(runs.length > 1 ? wrap(names.join(', '), '  ') : []),
      ...lines.slice(at, (at += rows.length)),
    ]),
    ...wrap(LEGEND, '    ').map(style.quiet),
  ];
}

const COLUMNS = [
  { title: '    phase' },
  { title: 'accesses', align: 'right' },
  { title: 'cycles', align: 'right' },
  { title: 'low..high', align: 'right' },
  { title: 'exits', align: 'right' },
  { title: 'loads', align: 'right' },
  { title: 'cmps', align: 'right' },
] as const;

const rowOf = ({ name, accesses, cycles, exits, loads, compares }: PricedPhase): string[] => [
  `    ${name}`,
  integer(accesses),
  figure(cycles.value),
  range(cycles),
  figure(exits),
  figure(loads),
  figure(compares),
];

const LEGEND =
  'loads: paging entries the walker loaded, of guest and host tables; cmps: comparisons while a bus was searched.';
