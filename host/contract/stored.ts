import * as v from 'valibot';
import { configuration, count, finite, runResult } from './result.ts';

/** Characters of a script; more is no script. */
export const LARGEST_SCRIPT = 4 * 1024 * 1024;
/** Configurations of one start. */
export const MOST_CONFIGURATIONS = 256;
/** Events of one run that can be kept. */
export const MOST_EVENTS = 1 << 20;

export const scriptText = v.strictObject({
  /** As the user named it; used in messages only. */
  name: v.pipe(v.string(), v.maxLength(1000)),
  text: v.pipe(v.string(), v.maxLength(LARGEST_SCRIPT)),
});

export const runOptions = v.strictObject({
  /** Run the independent reference beside the machine. */
  check: v.boolean(),
  /** Events to keep of each run, the last so many; 0 for none. */
  events: v.pipe(count, v.maxValue(MOST_EVENTS)),
  /** Wall-clock seconds of one run; 0 for the default. */
  seconds: v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)),
});

/** What one line of the script did in a run; lines without an access are left out. */
export const lineCount = v.object({
  /** From 1. */
  line: count,
  accesses: count,
  exits: count,
});

/** How one configuration of a start ended well. */
export const outcome = v.object({
  result: runResult,
  /** The first access that took each path of `result.paths`, from 1, for `inspect`; 0 when unknown. */
  firsts: v.array(count),
  lines: v.array(lineCount),
  /** Events kept, to be read by `events.read`; `dropped` older ones were not. Null when none were asked for. */
  events: v.nullable(v.object({ count, dropped: count })),
  /** True when this is an earlier run's result: same script, configuration and options give the same bytes. */
  cached: v.boolean(),
});

/** Why one configuration of a start has no result. Lines and columns from 1; 0 when the whole file is meant. */
export const failure = v.object({
  /** `script`: a mistake in it. `refused`: cannot be built on this configuration. `crashed`: a bug; the other runs go on. */
  kind: v.picklist(['script', 'refused', 'crashed', 'cancelled']),
  message: v.string(),
  line: count,
  column: count,
});

/** One start with what came of it, one entry a configuration; null for what has not ended. */
export const storedRun = v.object({
  runId: v.string(),
  script: scriptText,
  options: runOptions,
  configurations: v.array(configuration),
  outcomes: v.array(v.nullable(v.union([outcome, failure]))),
});

/** First part of a result file's schema; the number behind the slash is its version. */
export const RESULT_FILE = 'exitlab.result';
export const RESULT_FILE_VERSION = 1;

const price = v.object({
  value: finite,
  low: finite,
  high: finite,
  kind: v.picklist(['read', 'derived', 'estimated']),
  source: v.string(),
});

/** A result as a file of the user's: everything that is needed to redo or re-price it years later. */
export const resultFile = v.object({
  schema: v.literal(`${RESULT_FILE}/${RESULT_FILE_VERSION}`),
  /** Version of the program that ran it. */
  version: v.string(),
  run: storedRun,
  /** Price list of each CPU model used: value, low, high, kind and source a step, as core/cost has them. */
  prices: v.record(v.string(), v.record(v.string(), price)),
});
