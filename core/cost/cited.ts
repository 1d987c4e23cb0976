import type { Cited } from './cpu-model.ts';

type Range = readonly [low: number, high: number];

/** A number that stands in the named source. Without a range the source gave one figure. */
export const read = (value: number, source: string, [low, high]: Range = [value, value]): Cited => ({
  value,
  low,
  high,
  kind: 'read',
  source,
});

/** A number computed from read ones; the source says which and how. */
export const derived = (value: number, [low, high]: Range, source: string): Cited => ({
  value,
  low,
  high,
  kind: 'derived',
  source,
});

/** A number nobody published, or one recalled from a source that was not opened again. Always with a range. */
export const estimated = (value: number, [low, high]: Range, source: string): Cited => ({
  value,
  low,
  high,
  kind: 'estimated',
  source,
});
