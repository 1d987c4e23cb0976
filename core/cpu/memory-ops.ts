import { FLAG_IMPLICIT, type Instruction } from '../guest/instruction.ts';
import { rmwValue } from '../guest/rmw.ts';
import type { HostMemory } from '../memory/host-memory.ts';
import type { Cpu } from './cpu.ts';
import { CPU_DONE } from './outcome.ts';
import { isBacked, loadOperand, storeOperand } from './operand.ts';
import { KIND } from './rights.ts';
import { TRANSLATED } from './translate.ts';

const { READ, WRITE, FETCH, RMW } = KIND;
const old = new Int32Array(4);
const fresh = new Int32Array(4);

/**
 * One memory access of any size and alignment: 1 to 16 bytes, read, written, modified or fetched. Everything is checked before a byte
 * moves. `result` receives the operand's bytes (the old value of a read-modify-write), whole words of it where the size has them.
 */
export function executeMemory(cpu: Cpu, insn: Instruction, kind: number): number {
  const offset = insn.lo & 0xfff;
  const outcome = offset + insn.size > 4096 ? crossing(cpu, insn, kind, 4096 - offset) : within(cpu, insn, kind);
  if (outcome === CPU_DONE) cpu.ended = cpu.accounts.access(insn, kind);
  return outcome;
}

function within(cpu: Cpu, insn: Instruction, kind: number): number {
  const { translator, memory } = cpu;
  const { size } = insn;
  const hi = insn.hi | 0;
  const lo = insn.lo | 0;
  const crossesLine = (lo & 63) + size > 64;
  if (crossesLine) cpu.tally.lineSplits++;
  const outcome = translator.translate(hi, lo, kind, (insn.flags & FLAG_IMPLICIT) !== 0);
  if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, hi, lo);
  if (kind === FETCH) return CPU_DONE;
  const hfn = translator.hfn;
  const offset = lo & 0xfff;
  cpu.touchData(hfn, offset);
  if (crossesLine) cpu.touchData(hfn, offset + size - 1);
  if (kind === WRITE) storeOperand(memory, hfn, offset, size, insn.data);
  else {
    loadOperand(memory, hfn, offset, size, old);
    if (kind === RMW) {
      rmwValue(insn, old, fresh);
      storeOperand(memory, hfn, offset, size, fresh);
    }
    returnOld(insn);
  }
  return CPU_DONE;
}

/** An access that crosses a page: `first` bytes lie on the lower one. Both pages are translated and checked before a byte moves. */
function crossing(cpu: Cpu, insn: Instruction, kind: number, first: number): number {
  const { translator, memory } = cpu;
  const { size } = insn;
  const hi = insn.hi | 0;
  const lo = insn.lo | 0;
  const implicit = (insn.flags & FLAG_IMPLICIT) !== 0;
  const lo2 = (lo + first) | 0;
  const hi2 = lo2 === 0 ? (hi + 1) | 0 : hi;
  const lowFirst = cpu.config.pageCrossFaultOrder === 'low';
  cpu.tally.pageSplits++;
  let outcome = translator.translate(lowFirst ? hi : hi2, lowFirst ? lo : lo2, kind, implicit);
  if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, lowFirst ? hi : hi2, lowFirst ? lo : lo2);
  const one = translator.hfn;
  outcome = translator.translate(lowFirst ? hi2 : hi, lowFirst ? lo2 : lo, kind, implicit);
  if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, lowFirst ? hi2 : hi, lowFirst ? lo2 : lo);
  if (kind === FETCH) return CPU_DONE;
  const low = lowFirst ? one : translator.hfn;
  const high = lowFirst ? translator.hfn : one;
  const offset = lo & 0xfff;
  cpu.touchData(low, offset);
  cpu.touchData(high, 0);
  if (kind !== WRITE) {
    old.fill(0);
    readPart(memory, low, offset, first, old, 0);
    readPart(memory, high, 0, size - first, old, first);
    if (kind === RMW) rmwValue(insn, old, fresh);
    returnOld(insn);
  }
  if (kind === READ) return CPU_DONE;
  const from = kind === WRITE ? insn.data : fresh;
  writePart(memory, low, offset, first, from, 0);
  writePart(memory, high, 0, size - first, from, first);
  return CPU_DONE;
}

function returnOld(insn: Instruction): void {
  for (let w = 0; w * 4 < insn.size; w++) insn.result[w] = old[w]!;
  insn.resultWritten = 1;
}

/** Bytes of one page of a crossing operand; memory that does not exist reads 0 and swallows stores. */
export function readPart(
  memory: HostMemory,
  hfn: number,
  offset: number,
  n: number,
  out: Int32Array,
  at: number,
): void {
  if (isBacked(memory, hfn)) memory.readBytes(hfn, offset, n, out, at);
}

export function writePart(
  memory: HostMemory,
  hfn: number,
  offset: number,
  n: number,
  from: Int32Array,
  at: number,
): void {
  if (isBacked(memory, hfn)) memory.writeBytes(hfn, offset, n, from, at);
}
