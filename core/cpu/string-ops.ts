import { FLAG_IMPLICIT, OP, type Instruction } from '../guest/instruction.ts';
import type { Cpu } from './cpu.ts';
import { CPU_DONE } from './outcome.ts';
import { readPart, writePart } from './memory-ops.ts';
import { loadOperand, storeOperand } from './operand.ts';
import { KIND } from './rights.ts';
import { TRANSLATED } from './translate.ts';

const element = new Int32Array(4);

/**
 * REP STOS and REP MOVS, upwards, element by element. As RCX, RSI and RDI do, `count`, `hi2/lo2` and `hi/lo` advance with each element,
 * so that the instruction can be executed again after a fault or an exit and goes on where it stopped. A page is translated once for
 * the elements that lie in it, as a TLB hit would.
 */
export function executeString(cpu: Cpu, insn: Instruction): number {
  const moves = insn.op === OP.MOVS;
  const { translator, memory } = cpu;
  const { size } = insn;
  const implicit = (insn.flags & FLAG_IMPLICIT) !== 0;
  let source = -1;
  let target = -1;
  while (insn.count > 0) {
    const from = insn.lo2 & 0xfff;
    const to = insn.lo & 0xfff;
    if (to + size > 4096 || (moves && from + size > 4096)) {
      const outcome = splitElement(cpu, insn, moves);
      if (outcome !== CPU_DONE) return outcome;
      source = -1;
      target = -1;
      continue;
    }
    if (moves && (source < 0 || from < size)) {
      const outcome = translator.translate(insn.hi2, insn.lo2, KIND.READ, implicit);
      if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, insn.hi2, insn.lo2);
      source = translator.hfn;
    }
    if (target < 0 || to < size) {
      const outcome = translator.translate(insn.hi, insn.lo, KIND.WRITE, implicit);
      if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, insn.hi, insn.lo);
      target = translator.hfn;
    }
    if (moves) {
      loadOperand(memory, source, from, size, element);
      cpu.touchData(source, from);
    }
    storeOperand(memory, target, to, size, moves ? element : insn.data);
    cpu.touchData(target, to);
    advance(cpu, insn, moves);
  }
  cpu.accounts.charge(insn);
  return CPU_DONE;
}

/** One element of which an operand crosses a page. */
function splitElement(cpu: Cpu, insn: Instruction, moves: boolean): number {
  const { memory } = cpu;
  const { size } = insn;
  const implicit = (insn.flags & FLAG_IMPLICIT) !== 0;
  if (moves) {
    const outcome = transfer(cpu, insn, insn.hi2, insn.lo2, KIND.READ, implicit);
    if (outcome !== CPU_DONE) return outcome;
    readPart(memory, parts.low, insn.lo2 & 0xfff, parts.first, element, 0);
    if (parts.first < size) readPart(memory, parts.high, 0, size - parts.first, element, parts.first);
  }
  const outcome = transfer(cpu, insn, insn.hi, insn.lo, KIND.WRITE, implicit);
  if (outcome !== CPU_DONE) return outcome;
  const from = moves ? element : insn.data;
  writePart(memory, parts.low, insn.lo & 0xfff, parts.first, from, 0);
  if (parts.first < size) writePart(memory, parts.high, 0, size - parts.first, from, parts.first);
  advance(cpu, insn, moves);
  return CPU_DONE;
}

const parts = { low: 0, high: 0, first: 0 };

/** Translates both pages of an operand (or its one page). */
function transfer(cpu: Cpu, insn: Instruction, hi: number, lo: number, kind: number, implicit: boolean): number {
  const { translator } = cpu;
  const room = 4096 - (lo & 0xfff);
  let outcome = translator.translate(hi, lo, kind, implicit);
  if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, hi, lo);
  parts.low = translator.hfn;
  parts.first = Math.min(room, insn.size);
  if (room >= insn.size) return CPU_DONE;
  cpu.tally.pageSplits++;
  const lo2 = (lo + room) | 0;
  const hi2 = lo2 === 0 ? (hi + 1) | 0 : hi;
  outcome = translator.translate(hi2, lo2, kind, implicit);
  if (outcome !== TRANSLATED) return cpu.stop(outcome, insn, hi2, lo2);
  parts.high = translator.hfn;
  return CPU_DONE;
}

function advance(cpu: Cpu, insn: Instruction, moves: boolean): void {
  const { size } = insn;
  const lo = (insn.lo + size) | 0;
  if (lo >>> 0 < size) insn.hi = (insn.hi + 1) | 0;
  insn.lo = lo;
  if (moves) {
    const lo2 = (insn.lo2 + size) | 0;
    if (lo2 >>> 0 < size) insn.hi2 = (insn.hi2 + 1) | 0;
    insn.lo2 = lo2;
  }
  insn.count--;
  cpu.tally.strings++;
  cpu.tally.elementBytes = size;
}
