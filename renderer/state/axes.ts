import { cpuModels, designs, kernels, MITIGATIONS, SWITCHES, type Selection } from '../../core/index.ts';
import { isCpu } from './known-cpus.ts';

/** What is chosen on each axis of the matrix. An empty axis takes its default. */
export interface Axes {
  readonly mmus: readonly string[];
  readonly cpus: readonly string[];
  readonly kernels: readonly string[];
  readonly designs: readonly string[];
  readonly mitigations: readonly string[];
  readonly hostPages: readonly string[];
  readonly vpid: readonly boolean[];
  readonly nestedHost: readonly boolean[];
  /** Values of each switch that is not left at its default. */
  readonly switches: Readonly<Record<string, readonly (boolean | number)[]>>;
  readonly seed: number;
}

/** What a new script starts with: every design that makes sense, on one Intel machine. */
export const DEFAULT_AXES: Axes = {
  mmus: ['ept'],
  cpus: [],
  kernels: [],
  designs: [],
  mitigations: [],
  hostPages: [],
  vpid: [],
  nestedHost: [],
  switches: {},
  seed: 1,
};

/** The axes that are lists of names, in the order they are shown. */
export const NAME_AXES = ['mmus', 'cpus', 'kernels', 'designs', 'mitigations', 'hostPages'] as const;
export const FLAG_AXES = ['vpid', 'nestedHost'] as const;

export type NameAxis = (typeof NAME_AXES)[number];
export type FlagAxis = (typeof FLAG_AXES)[number];

/** One value that an axis can take. */
export interface AxisOption {
  readonly id: string;
  readonly title: string;
  /** Where it comes from, or what it does. */
  readonly about: string;
}

const HOST_PAGES: readonly AxisOption[] = [
  {
    id: '4K',
    title: '4 KiB',
    about: 'a walk reads one nested level more than with 2 MiB; what QEMU gets without huge pages',
  },
  {
    id: '2M',
    title: '2 MiB',
    about: 'one nested level less, and one TLB entry for 512 times as much: transparent huge pages',
  },
  { id: '1G', title: '1 GiB', about: 'two nested levels less: hugetlbfs' },
];

/** Values of each axis, from the core's registries. */
export const AXIS_OPTIONS: Readonly<Record<NameAxis, readonly AxisOption[]>> = {
  mmus: [
    { id: 'ept', title: 'EPT', about: 'Intel’s second level of page tables, walked by the CPU' },
    { id: 'npt', title: 'NPT', about: 'AMD’s nested page tables, walked by the CPU' },
    {
      id: 'shadow',
      title: 'Shadow',
      about: 'KVM writes the tables that the CPU walks, and traps the guest’s writes to its own; Intel and AMD',
    },
  ],
  cpus: cpuModels.map(({ id, name, vendor, year }) => ({
    id,
    title: name,
    about: `${vendor === 'intel' ? 'Intel' : 'AMD'}, ${year}`,
  })),
  kernels: kernels.map(({ id, title, read }) => ({ id, title, about: read })),
  designs: designs.map(({ id, title, source }) => ({ id, title, about: source })),
  mitigations: [
    { id: 'default', title: 'default', about: 'what the CPU generation needs and the kernel knows' },
    { id: 'none', title: 'none', about: 'mitigations=off on the host: a world switch costs what the silicon takes' },
    ...MITIGATIONS.map(({ id, name, source }) => ({ id, title: name, about: source })),
  ],
  hostPages: HOST_PAGES,
};

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
const flags = (value: unknown): boolean[] =>
  Array.isArray(value) ? value.filter((item): item is boolean => typeof item === 'boolean') : [];

/** Axes out of a script's own selection or of a saved workspace; what is not understood takes its default. */
export function readAxes(saved: unknown): Axes {
  const given = (typeof saved === 'object' && saved !== null ? saved : {}) as Record<string, unknown>;
  const known = (axis: NameAxis): string[] =>
    strings(given[axis]).filter(
      (id) =>
        axis === 'mitigations' ||
        (axis === 'cpus' && isCpu(id)) ||
        AXIS_OPTIONS[axis].some((option) => option.id === id),
    );
  const seed = given['seed'];
  return {
    mmus: Array.isArray(given['mmus']) ? known('mmus') : Object.keys(given).length > 0 ? [] : DEFAULT_AXES.mmus,
    cpus: known('cpus'),
    kernels: known('kernels'),
    designs: known('designs'),
    mitigations: known('mitigations'),
    hostPages: known('hostPages'),
    vpid: flags(given['vpid']),
    nestedHost: flags(given['nestedHost']),
    switches: readSwitches({
      ...record(given['switches']),
      ...(Array.isArray(given['hostCpus']) && { hostCpus: given['hostCpus'] }),
    }),
    seed: typeof seed === 'number' && Number.isSafeInteger(seed) ? seed : 1,
  };
}

const record = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

/** A script names one value a switch, a workspace a list. */
function readSwitches(saved: unknown): Axes['switches'] {
  if (typeof saved !== 'object' || saved === null) return {};
  const rows = Object.entries(saved).flatMap(([name, value]: [string, unknown]) => {
    const kind = SWITCHES.find((row) => row.name === name)?.kind;
    const values = (Array.isArray(value) ? value : [value]).filter(
      (item): item is boolean | number => typeof item === kind,
    );
    return values.length > 0 ? [[name, values] as const] : [];
  });
  return Object.fromEntries(rows);
}

/** The core's selection for one value of each switch. */
export function selectionOf(axes: Axes, switches: Readonly<Record<string, boolean | number>>): Selection {
  const list = <T>(values: readonly T[]): readonly T[] | undefined => (values.length > 0 ? values : undefined);
  const given = {
    mmus: list(axes.mmus),
    cpus: list(axes.cpus),
    kernels: list(axes.kernels),
    designs: list(axes.designs),
    mitigations: list(axes.mitigations),
    hostPages: list(axes.hostPages),
    vpid: list(axes.vpid),
    nestedHost: list(axes.nestedHost),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), seed: axes.seed, switches };
}
