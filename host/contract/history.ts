import * as v from 'valibot';
import { count, finite } from './result.ts';

/** A run of the history by its number. */
export const runNumber = v.pipe(count, v.minValue(1));
const word = v.pipe(v.string(), v.maxLength(400));

/** One run of the history, without its counts. */
export const historyRow = v.object({
  id: count,
  /** Milliseconds since 1970. */
  created: finite,
  title: v.string(),
  scriptName: v.string(),
  version: v.string(),
  note: v.string(),
  tags: v.array(v.string()),
  deleted: v.boolean(),
  configurations: v.array(
    v.object({
      name: v.string(),
      cpu: v.string(),
      mmu: v.string(),
      kernel: v.string(),
      design: v.string(),
      seed: finite,
      accesses: v.nullable(count),
      divergences: v.nullable(count),
    }),
  ),
});

export const historyAsked = v.strictObject({
  /** Words that must all occur; a word may be the beginning of one. */
  search: word,
  /** Null for any. */
  tag: v.nullable(word),
  /** Deleted runs instead of those that are there. */
  deleted: v.boolean(),
  limit: v.pipe(count, v.minValue(1), v.maxValue(1000)),
  /** Only runs with a smaller number; null for the newest. */
  before: v.nullable(runNumber),
});

export const historyFound = v.object({
  runs: v.array(historyRow),
  /** True when there are more. */
  more: v.boolean(),
  tags: v.array(v.object({ tag: v.string(), runs: count })),
});

/** What is left out stays. */
export const historyChange = v.strictObject({
  id: runNumber,
  note: v.optional(v.pipe(v.string(), v.maxLength(10_000))),
  tags: v.optional(v.pipe(v.array(word), v.maxLength(100))),
});
