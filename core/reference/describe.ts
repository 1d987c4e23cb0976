import { hexWords } from '../base/words.ts';
import { FLAG_LOCK, isString, OP } from '../guest/instruction.ts';
import type { Access } from './access.ts';
import type { Expectation } from './expectation.ts';
import { byteOf } from './page-store.ts';

const NAMES: Readonly<Record<number, string>> = {
  [OP.READ]: 'read',
  [OP.WRITE]: 'write',
  [OP.ADD]: 'add',
  [OP.OR]: 'or',
  [OP.AND]: 'and',
  [OP.XOR]: 'xor',
  [OP.XCHG]: 'xchg',
  [OP.CMPXCHG]: 'cmpxchg',
  [OP.FETCH]: 'fetch',
  [OP.OUT]: 'out',
  [OP.IN]: 'in',
  [OP.OUTS]: 'rep outs',
  [OP.INS]: 'rep ins',
  [OP.STOS]: 'rep stos',
  [OP.MOVS]: 'rep movs',
};

const name = (access: Access): string => {
  const plain = NAMES[access.op] ?? 'instruction';
  return (access.flags & FLAG_LOCK) !== 0 ? `lock ${plain}` : plain;
};

export const bytes = (count: number): string => (count === 1 ? '1 byte' : `${count} bytes`);

const isPort = (op: number): boolean => op === OP.OUT || op === OP.IN;

/** `read of 4 bytes at 0xfe000000`: the address is guest-physical; virtual where the access has no other. */
export function describeAccess(access: Access, exp: Expectation): string {
  const what = `${name(access)} of ${bytes(access.size)}`;
  if (isPort(access.op)) return `${what} at port ${hexWords(0, access.lo & 0xffff)}`;
  const times = isString(access.op) ? ` times ${access.count}` : '';
  const faulted = exp.vector >= 0 || exp.undefined === 1;
  const address = faulted ? `virtual ${hexWords(access.hi, access.lo)}` : hexWords(exp.gpaHi, exp.gpaLo);
  return `${what}${times} at ${address}`;
}

/** The access as the script made it, with its guest virtual address. */
export function describeSource(access: Access): string {
  const what = `${name(access)} ${bytes(access.size)}`;
  if (isPort(access.op)) return `${what}, port ${hexWords(0, access.lo & 0xffff)}`;
  const times = isString(access.op) ? `, ${access.count} times` : '';
  return `${what}, gva ${hexWords(access.hi, access.lo)}${times}`;
}

/** The first `count` bytes as one little-endian number. */
export function hexBytes(words: Int32Array, count: number): string {
  let digits = '';
  for (let i = count - 1; i >= 0; i--) digits += byteOf(words, i).toString(16).padStart(2, '0');
  return '0x' + digits.replace(/^0+(?=.)/, '');
}

/** `#PF with error code 0x7 at 0x1000`, `#GP`, `no fault`. */
export function describeFault(vector: number, errorCode: number, cr2Hi: number, cr2Lo: number): string {
  if (vector < 0) return 'no fault';
  if (vector === 14) return `#PF with error code 0x${(errorCode >>> 0).toString(16)} at ${hexWords(cr2Hi, cr2Lo)}`;
  const known: Readonly<Record<number, string>> = { 6: '#UD', 12: '#SS', 13: '#GP' };
  return known[vector] ?? `exception ${vector}`;
}
