import { pricePhases, type PricedPhase } from '../experiment/phases.ts';
import { figure, integer, range } from './numbers.ts';
import type { Style } from './style.ts';
import { cut, table, wrap } from './table.ts';
import type { RunView } from './view.ts';

interface Group {
  readonly names: string[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns of counts; one that is zero throughout says nothing and is left out. */
const COUNTS = [
  { title: 'exits', of: ({ exits }: PricedPhase) => exits, legend: '' },
  {
    title: 'loads',
    of: ({ loads }: PricedPhase) => loads,
    legend: 'loads: paging entries that the walker read, of guest and host tables.',
  },
  {
    title: 'cmps',
    of: ({ compares }: PricedPhase) => compares,
    legend: "cmps: comparisons while KVM's I/O buses were searched.",
  },
] as const;

/** What each phase of the script cost; runs of which the same is said stand together. Nothing for a script without phases. */
export function phaseLines(runs: readonly RunView[], style: Style): string[] {
  const phases = runs.map(({ result, model }) => pricePhases(result, model));
  const shown = COUNTS.filter(({ of }) => phases.flat().some((phase) => of(phase) > 0));
  const groups = new Map<string, Group>();
  runs.forEach(({ result }, n) => {
    const rows = phases[n]!.map((phase) => [...rowOf(phase), ...shown.map(({ of }) => figure(of(phase)))]);
    if (rows.length === 0) return;
    const key = JSON.stringify(rows);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { names: [result.configuration.name], rows });
    else group.names.push(result.configuration.name);
  });
  if (groups.size === 0) return [];
  const all = [...groups.values()];
  const columns = [...COLUMNS, ...shown.map(({ title }) => ({ title, align: 'right' as const }))];
  const [titles = '', ...lines] = table(
    columns,
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
    ...wrap(shown.map(({ legend }) => legend).join(' '), '  ')
      .filter((line) => line !== '')
      .map(style.quiet),
  ];
}

const COLUMNS = [
  { title: '    phase' },
  { title: 'accesses', align: 'right' },
  { title: 'cycles', align: 'right' },
  { title: 'low..high', align: 'right' },
] as const;

const NAME_WIDTH = 26;

const rowOf = ({ name, accesses, cycles }: PricedPhase): string[] => [
  `    ${cut(name, NAME_WIDTH)}`,
  integer(accesses),
  figure(cycles.value),
  range(cycles),
];
