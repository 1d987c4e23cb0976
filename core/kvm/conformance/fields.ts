/** A value out of parsed JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** The file is not what it claims to be; the message says what and where. */
export class MalformedError extends Error {
  override name = 'MalformedError';
}

/** The case asks for something the model does not have; the message is the reason, without particulars of the case. */
export class UnsupportedError extends Error {
  override name = 'UnsupportedError';
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const show = (value: Json | undefined): string =>
  value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60);

export function textField(from: JsonObject, key: string): string {
  const value = from[key];
  if (typeof value !== 'string') throw new MalformedError(`field "${key}" is ${show(value)}, not a string`);
  return value;
}

export function objectField(from: JsonObject, key: string): JsonObject {
  const value = from[key];
  if (!isObject(value)) throw new MalformedError(`field "${key}" is ${show(value)}, not an object`);
  return value;
}

export function listField(from: JsonObject, key: string): readonly Json[] {
  const value = from[key];
  if (!Array.isArray(value)) throw new MalformedError(`field "${key}" is ${show(value)}, not a list`);
  return value as readonly Json[];
}

/** A number or a hexadecimal string, as an unsigned value of at most `bits` bits. */
export function bigField(from: JsonObject, key: string, bits: number): bigint {
  const value = bigOf(from[key]);
  if (value === undefined || value >> BigInt(bits) !== 0n) {
    throw new MalformedError(`field "${key}" is ${show(from[key])}, not an unsigned number of ${bits} bits`);
  }
  return value;
}

/** A number of at most 32 bits. */
export const numberField = (from: JsonObject, key: string): number => Number(bigField(from, key, 32));

/** A number as these files write it: a non-negative integer, or a string of hexadecimal digits after `0x`. */
export function bigOf(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  return typeof value === 'string' && /^0x[0-9a-f]{1,32}$/i.test(value) ? BigInt(value) : undefined;
}

/** Bytes in memory order out of a string of hexadecimal digits; blanks are skipped. */
export function bytesField(from: JsonObject, key: string): number[] {
  const digits = textField(from, key).replaceAll(' ', '');
  if (!/^([0-9a-f]{2})*$/i.test(digits))
    throw new MalformedError(`field "${key}" is ${show(digits)}, not bytes in hexadecimal`);
  return (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

export const hexBytes = (bytes: readonly number[]): string =>
  bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
