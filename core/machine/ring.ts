import { FLAG_LOCK, type Instruction, OP } from '../guest/instruction.ts';
import { RECORD } from '../guest/records.ts';
import type { Doorbell } from './doorbells.ts';

/** The instruction that an access to a doorbell in memory is: `code` is RECORD.KICK, BELL_READ or BELL_ADD. */
export function fillKick(insn: Instruction, code: number, bell: Doorbell, value: number): void {
  insn.clear(
    code === RECORD.KICK ? OP.WRITE : code === RECORD.BELL_READ ? OP.READ : OP.ADD,
    bell.width,
    bell.hi,
    bell.lo,
  );
  insn.data[0] = value | 0;
  // Most values are words: no division for them.
  insn.data[1] = value >>> 0 === value ? 0 : Math.floor(value / 0x1_0000_0000) | 0;
  if (code === RECORD.BELL_ADD) insn.flags = FLAG_LOCK;
}

/** IN or OUT of a doorbell that is a port. */
export function fillPort(insn: Instruction, op: number, bell: Doorbell, value: number): void {
  insn.clear(op, bell.width, 0, bell.port);
  insn.port = bell.port;
  insn.length = 1;
  insn.data[0] = value | 0;
}
