import { OP_COUNT } from './instruction.ts';

/**
 * Access records: what a guest does, as doubles in one buffer. A record is a header and its arguments:
 *
 *     header = code + size * 128 + args * 4096 + line * 65536
 *
 * `code` is an OP of instruction.ts, or one of RECORD below; `args` the number of doubles that follow; `line` the 1-based line of the
 * script that made the record, 0 when unknown.
 *
 * Addresses and values are doubles. An address is the signed reading of the canonical 64-bit address (a kernel-half address is
 * negative), exact while its magnitude is at most 2^53; the WIDE forms carry every 64-bit quantity as two doubles (high word, low word).
 *
 *     READ WRITE ...   [address, value]              READ FETCH INVLPG: [address]
 *     CMPXCHG          [address, new, expected]      OUT: [port, value]   IN: [port]
 *     OUTS INS         [port, address, count]        STOS: [address, value, count]   MOVS: [to, from, count]
 *     MOV_CR3/0/4 WRPKRU [value]                     INVPCID: [address, pcid]   SET_CPL SET_AC: []  (in size)
 *     CPUID HLT VMCALL INVD WBINVD []                WRMSR: [msr, value], size 1 for the immediate form   XSETBV: [value]
 *     KICK             [doorbell id, value]          BELL_READ: [doorbell id]
 *     HOST             [index of the host operation]
 *     LOOP             [iterations, doubles in the body]  the body follows at once, and may hold loops
 *     WIDE             [OP's arguments, each as two doubles]; `code` is WIDE + op
 *     PAUSE            [cycles]: the guest computes without touching memory
 *     PARALLEL         programs of several vCPUs: parallel.ts
 */
export const RECORD = Object.freeze({
  KICK: OP_COUNT,
  BELL_READ: OP_COUNT + 1,
  HOST: OP_COUNT + 2,
  LOOP: OP_COUNT + 3,
  PAUSE: OP_COUNT + 4,
  /** KICK-like read-modify-write of a doorbell: LOCK ADD of the value. */
  BELL_ADD: OP_COUNT + 5,
  /** WIDE + op: every argument as two doubles. */
  WIDE: 64,
  /** Programs of several vCPUs; which record it is stands in the size (parallel.ts). */
  PARALLEL: 63,
});

export const SIZE_UNIT = 128;
export const ARGS_UNIT = 4096;
export const LINE_UNIT = 65536;

export const recordHeader = (code: number, size: number, args: number, line: number): number =>
  code + size * SIZE_UNIT + args * ARGS_UNIT + line * LINE_UNIT;
