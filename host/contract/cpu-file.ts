import * as v from 'valibot';
import { err, ok, type Calibration, type Result } from '../../core/index.ts';
import { configuration, finite } from './result.ts';
import type { Frozen } from './same-type.ts';

/** Schema of a file that holds a calibrated CPU model. */
export const CPU_FILE = 'exitlab.cpu';
export const CPU_FILE_VERSION = 1;

const price = v.object({
  value: finite,
  low: finite,
  high: finite,
  kind: v.picklist(['read', 'derived', 'estimated']),
  source: v.string(),
});

export const cpuFile = v.object({
  schema: v.literal(`${CPU_FILE}/${CPU_FILE_VERSION}`),
  /** Version of the program that fitted it. */
  version: v.string(),
  host: v.object({
    name: v.pipe(v.string(), v.regex(/^[\w.-]{1,60}$/)),
    cpu: v.string(),
    microcode: v.string(),
    kernel: v.string(),
    mitigations: v.string(),
    ghz: v.pipe(finite, v.minValue(0.1)),
  }),
  /** CPU model whose prices were the priors. */
  base: v.string(),
  configuration,
  prices: v.record(v.string(), price),
  equations: v.array(
    v.object({
      name: v.string(),
      measured: finite,
      sigma: finite,
      times: v.array(v.tuple([v.string(), finite])),
    }),
  ),
  rows: v.array(
    v.object({ name: v.string(), measured: finite, before: finite, fitted: finite, leftOut: v.nullable(finite) }),
  ),
});

export type CpuFile = Frozen<v.InferOutput<typeof cpuFile>>;

/** A calibration as the text of a CPU file. */
export const cpuFileText = (
  { host, base, configuration: at, prices, equations, fit }: Calibration,
  version: string,
): string =>
  `${JSON.stringify(
    {
      schema: `${CPU_FILE}/${CPU_FILE_VERSION}`,
      version,
      host,
      base,
      configuration: at,
      rows: fit.rows,
      equations: equations.map(({ name, measured, sigma, times }) => ({ name, measured, sigma, times: [...times] })),
      prices,
    },
    null,
    2,
  )}\n`;

/** Reads the text of a CPU file, or says in a sentence why it cannot be read. */
export function readCpuFile(text: string): Result<CpuFile> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return err('this is no CPU file of Exitlab, or it is damaged: it is no JSON');
  }
  const schema = typeof input === 'object' && input !== null && 'schema' in input ? String(input.schema) : '';
  const [name = '', number = ''] = schema.split('/');
  if (name !== CPU_FILE) return err('this is no CPU file of Exitlab ("exitlab calibrate" makes them)');
  if (Number(number) > CPU_FILE_VERSION) {
    return err(`this CPU file was written by a later version of Exitlab (${schema.slice(0, 40)}): use that version`);
  }
  const parsed = v.safeParse(cpuFile, input);
  if (parsed.success) return ok(parsed.output);
  const issue = parsed.issues[0];
  return err(`this CPU file is damaged at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`.slice(0, 300));
}
