import * as v from 'valibot';
import type { PageSize, PagingMode } from '../../core/index.ts';

// The fields of which the arguments of `vm` and `host` are made. Messages are the second half of a sentence whose subject is the field.

const UNITS: Readonly<Record<string, number>> = { B: 0, KiB: 10, MiB: 20, GiB: 30, TiB: 40 };
export const PAGE_BYTES: Readonly<Record<PageSize, bigint>> = { '4K': 1n << 12n, '2M': 1n << 21n, '1G': 1n << 30n };

/** A value as a message quotes it. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'string' ? `'${value}'` : String(value);
}

const isInteger = (input: unknown): input is number | bigint =>
  typeof input === 'bigint' || (typeof input === 'number' && Number.isSafeInteger(input));

const integer = v.pipe(
  v.custom<number | bigint>(isInteger, ({ input }) =>
    typeof input === 'number' && Number.isInteger(input)
      ? `must be a bigint beyond 2^53, not ${input}`
      : `must be a whole number, not ${shown(input)}`,
  ),
  v.transform((n): bigint => BigInt(n)),
);

/** The unsigned reading of a 64-bit quantity. */
export const word = v.pipe(
  integer,
  v.check(
    (n) => n >= -(2n ** 63n) && n < 2n ** 64n,
    ({ input }) => `must fit in 64 bits, not ${shown(input)}`,
  ),
  v.transform((n) => BigInt.asUintN(64, n)),
);

export const physical = v.pipe(
  word,
  v.check(
    (n) => n < 1n << 52n,
    ({ input }) => `must be a physical address below 2^52, not ${shown(input)}`,
  ),
);

export const aligned = v.check<bigint, (issue: v.CheckIssue<bigint>) => string>(
  (n) => n % 4096n === 0n,
  ({ input }) => `must be a multiple of 4096, not ${shown(input)}`,
);

function parseSize(input: unknown): bigint | null {
  if (isInteger(input)) return BigInt(input) >= 0n ? BigInt(input) : null;
  const match = typeof input === 'string' ? /^(\d+(?:\.\d+)?) (B|KiB|MiB|GiB|TiB)$/.exec(input) : null;
  const bytes = match === null ? Number.NaN : Number(match[1]) * 2 ** UNITS[match[2]!]!;
  return Number.isSafeInteger(bytes) ? BigInt(bytes) : null;
}

export const size = v.pipe(
  v.custom<number | bigint | string>(
    (input) => parseSize(input) !== null,
    ({ input }) => `must be a number of bytes or text like '64 MiB', not ${shown(input)}`,
  ),
  v.transform((input) => parseSize(input)!),
  aligned,
);
export const someSize = v.pipe(
  size,
  v.check((n) => n > 0n, 'must not be 0'),
);

export const flag = v.custom<boolean>(
  (input) => typeof input === 'boolean',
  ({ input }) => `must be true or false, not ${shown(input)}`,
);
export const orFalse = v.optional(flag, false);
export const orTrue = v.optional(flag, true);
export const oneOf = <const T extends readonly unknown[]>(list: T) =>
  v.custom<T[number]>(
    (input) => list.includes(input),
    ({ input }) => `must be ${list.map(shown).join(', ')}, not ${shown(input)}`,
  );
export const below = (limit: number) =>
  v.custom<number>(
    (input) => typeof input === 'number' && Number.isInteger(input) && input >= 0 && input < limit,
    ({ input }) => `must be a whole number from 0 to ${limit - 1}, not ${shown(input)}`,
  );
export const hostOrBelow = (limit: number) =>
  v.custom<number | 'host'>(
    (input) => input === 'host' || v.is(below(limit), input),
    ({ input }) => `must be 'host' or a whole number from 0 to ${limit - 1}, not ${shown(input)}`,
  );
export const label = v.custom<string>(
  (input) => typeof input === 'string' && input.length > 0 && input.length <= 100,
  ({ input }) => `must be a name of 1 to 100 characters, not ${shown(input)}`,
);
export const page = oneOf(['4K', '2M', '1G'] as const satisfies PageSize[]);
export const modes = ['none', '2-level', 'pae', '4-level', '5-level'] as const satisfies PagingMode[];
