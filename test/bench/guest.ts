import {
  type Configuration,
  OP,
  parseConfigurations,
  prepare,
  RECORD,
  recordHeader,
  type Run,
  type SetupOp,
  PLAIN_RIGHTS,
} from '../../core/index.ts';
import { sequence } from './measure.ts';

/** One configuration by design, on the default Intel CPU. */
export function configuration(design: string, switches: Record<string, number | boolean> = {}): Configuration {
  const parsed = parseConfigurations({ designs: [design], mmus: ['ept'], switches });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value[0]!;
}

export const ram = (gpa: bigint, size: bigint, map: '4K' | '2M' | null = '4K'): SetupOp => ({
  kind: 'ram',
  gpa,
  size,
  readonly: false,
  logDirty: false,
  hostPage: '4K',
  map,
});

export const doorbell: SetupOp = { kind: 'doorbell', id: 0, name: 'kick', width: 4, gpa: null, match: 1n };

export const mapping = (gva: bigint, gpa: bigint, size: bigint): SetupOp => ({
  kind: 'map',
  gva,
  gpa,
  size,
  page: '4K',
  ...PLAIN_RIGHTS,
});

export function start(config: Configuration, setup: readonly SetupOp[], check = false): Run {
  const run = prepare(config, setup, { check });
  if (!run.ok) throw new Error(run.error);
  return run.value;
}

/** Live 4-byte reads of the addresses given. */
export function reads(addresses: Iterable<number>): Float64Array {
  const records: number[] = [];
  for (const address of addresses) records.push(recordHeader(OP.READ, 4, 1, 0), address);
  return Float64Array.from(records);
}

export function* randomPages(base: number, pages: number, count: number, seed = 1): Generator<number> {
  const next = sequence(seed);
  for (let i = 0; i < count; i++) yield base + next(pages) * 4096 + (next(64) & ~3) * 4;
}

export const kick = (): number[] => [recordHeader(RECORD.KICK, 4, 2, 0), 0, 1];
