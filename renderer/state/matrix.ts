import type { Configuration } from '../../core/index.ts';
import { configurationKey } from './configuration-key.ts';
import { DEFAULT_AXES, readAxes, type Axes } from './axes.ts';
import { expandAxes, type Contradiction } from './expand-axes.ts';

/** The configurations of one script: what the axes make, and what the user did to single ones. Plain data, kept with the workspace. */
export interface Matrix {
  readonly axes: Axes;
  /** Keys of configurations that do not run. */
  readonly disabled: readonly string[];
  /** Keys of configurations that the axes make and the user took out. */
  readonly removed: readonly string[];
  /** Names given by the user, by row. */
  readonly names: Readonly<Record<string, string>>;
  /** Copies, which are changed one by one. */
  readonly copies: readonly MatrixCopy[];
}

export interface MatrixCopy {
  readonly id: string;
  readonly configuration: Configuration;
}

/** One line of the matrix. */
export interface MatrixRow {
  /** The configuration's key, or the copy's id. */
  readonly id: string;
  readonly configuration: Configuration;
  readonly enabled: boolean;
  readonly copy: boolean;
}

export const newMatrix = (selection: unknown = {}): Matrix => {
  const empty = typeof selection !== 'object' || selection === null || Object.keys(selection).length === 0;
  return { axes: empty ? DEFAULT_AXES : readAxes(selection), disabled: [], removed: [], names: {}, copies: [] };
};

/** The rows of a matrix, with names that no two share, and why some combinations are not among them. */
export function rowsOf(matrix: Matrix): { rows: MatrixRow[]; contradictions: readonly Contradiction[] } {
  const { configurations, contradictions } = expandAxes(matrix.axes);
  const made = configurations
    .map((configuration) => ({ id: configurationKey(configuration), configuration, copy: false }))
    .filter(({ id }) => !matrix.removed.includes(id));
  const copies = matrix.copies.map((copy) => ({ ...copy, copy: true }));
  const taken = new Set<string>();
  const rows = [...made, ...copies].map(({ id, configuration, copy }) => {
    const name = unique(matrix.names[id] ?? configuration.name, taken);
    taken.add(name);
    return { id, configuration: { ...configuration, name }, enabled: !matrix.disabled.includes(id), copy };
  });
  return { rows, contradictions };
}

/** A name that is not taken: `ept/pio`, `ept/pio (2)`. */
export function unique(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate); n++) candidate = `${name} (${n})`;
  return candidate;
}

/** A matrix out of a saved workspace; what is not understood takes its default. */
export function readMatrix(saved: unknown): Matrix {
  const given = (typeof saved === 'object' && saved !== null ? saved : {}) as Partial<Record<keyof Matrix, unknown>>;
  const strings = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
  const names = typeof given.names === 'object' && given.names !== null ? Object.entries(given.names) : [];
  return {
    axes: 'axes' in given ? readAxes(given.axes) : DEFAULT_AXES,
    disabled: strings(given.disabled),
    removed: strings(given.removed),
    names: Object.fromEntries(names.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    copies: Array.isArray(given.copies) ? given.copies.filter(isCopy) : [],
  };
}

function isCopy(value: unknown): value is MatrixCopy {
  if (typeof value !== 'object' || value === null) return false;
  const { id, configuration } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof configuration !== 'object' || configuration === null) return false;
  const { name, cpu, mmu, kernel, design, mitigations, switches } = configuration as Record<string, unknown>;
  const texts = [name, cpu, mmu, kernel, design, mitigations];
  return texts.every((text) => typeof text === 'string') && typeof switches === 'object' && switches !== null;
}
