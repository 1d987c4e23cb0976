import * as v from 'valibot';
import { cpuFile } from './cpu-file.ts';
import { count, finite } from './result.ts';

/** Text of measured rows: some kilobytes; more is another file. */
const measuredText = v.pipe(v.string(), v.maxLength(1024 * 1024));
const short = v.pipe(v.string(), v.maxLength(200));

/** What `calibrate` is given: the rows, and what the user knows of the host. */
export const calibrationAsked = v.strictObject({
  text: measuredText,
  /** Id of the CPU model that the fit begins with. */
  base: short,
  name: v.pipe(
    v.string(),
    v.regex(/^[\w.-]{1,60}$/, 'a name has 1 to 60 letters, digits, dots, dashes or underscores'),
  ),
  cpu: short,
  microcode: short,
  hostKernel: short,
  /** Of the TSC; null for the base model's. */
  ghz: v.nullable(v.pipe(finite, v.minValue(0.1), v.maxValue(10))),
  /** Kernel version and mitigations to model. */
  kernel: short,
  mitigations: short,
});

/** What came of it: the CPU file, which prices moved and which cannot be told apart. */
export const calibrationMade = v.object({
  file: cpuFile,
  /** The file's text, to be saved or kept. */
  text: v.string(),
  /** Prices that the rows told something of, or that the fit held at 0. `settled`: part of the uncertainty that they took away, 0 to 1. */
  moved: v.array(
    v.object({
      step: v.string(),
      before: finite,
      value: finite,
      sigma: finite,
      settled: finite,
      held: v.boolean(),
      source: v.string(),
    }),
  ),
  /** Steps of which only the sum is known. */
  inseparable: v.array(v.array(v.string())),
  /** Steps whose counts are combinations of one another: some sums are known, no single price. An inseparable group by its first. */
  entangled: v.array(v.array(v.string())),
  /** Lines that were understood and not used. */
  unused: v.array(v.object({ line: count, why: v.string() })),
});
