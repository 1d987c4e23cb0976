import type { Instruction } from '../guest/instruction.ts';
import { isRmw, OP } from '../guest/instruction.ts';
import { hexWords, wordsToPage } from '../base/words.ts';
import type { Access } from './access.ts';
import { bytes, describeFault, hexBytes } from './describe.ts';
import { type Expectation, RANGE } from './expectation.ts';
import { matchPieces } from './match-pieces.ts';
import type { MemoryMap } from './memory-map.ts';
import { type MachineMemory, type Observation, PIECE } from './observation.ts';
import { sameBytes } from './page-store.ts';
import { PieceJudge } from './judge-pieces.ts';
import type { Reporter } from './reporter.ts';
import type { UnreadablePages } from './unreadable-pages.ts';

/** Compares what was observed with what was expected, from the most telling difference to the least, so that one cause is told once. */
export class Judge {
  private readonly reporter: Reporter;
  private readonly memory: MemoryMap;
  private readonly unreadable: UnreadablePages;
  private readonly pieceJudge: PieceJudge;
  private readonly mine = new Int32Array(4);
  private readonly theirs = new Int32Array(4);

  constructor(reporter: Reporter, memory: MemoryMap, unreadable: UnreadablePages) {
    this.reporter = reporter;
    this.memory = memory;
    this.unreadable = unreadable;
    this.pieceJudge = new PieceJudge(reporter, memory);
  }

  /** True when every range holds what the reference says. Nothing is reported. */
  rangesAgree(exp: Expectation, machine: MachineMemory): boolean {
    for (let i = 0; i < exp.ranges.length; i++) if (!this.rangeAgrees(exp, i, machine)) return false;
    return true;
  }

  judge(access: Access, exp: Expectation, seen: Observation, insn: Instruction, machine: MachineMemory): void {
    const { reporter } = this;
    if (exp.undefined === 1) return this.judgeUndefined(access, exp, seen);
    if (seen.stopped === 1) return reporter.report('STOPPED', access, exp, {});
    if (!sameFault(exp, seen)) return this.wrongFault(access, exp, seen);
    const clean = matchPieces(exp.pieces, seen.pieces);
    const faulted = exp.vector >= 0;
    if (!faulted && exp.hasResult === 1 && insn.resultWritten === 0) {
      return this.swallowed(access, exp, seen);
    }
    const kick = firstSignal(seen);
    if (!clean) this.pieceJudge.judge(access, exp, seen.pieces);
    if (reporter.found > 0 && exp.device === 0) return;
    if (!faulted && exp.hasResult === 1 && exp.resultKnown === 1 && insn.resultWritten === 1) {
      this.judgeResult(access, exp, insn);
    }
    this.judgeRanges(access, exp, machine, kick);
  }

  /** Takes the machine's bytes over wherever the access was at work, so that one difference is told once, at its cause. */
  resynchronise(exp: Expectation, machine: MachineMemory): void {
    const { ranges } = exp;
    for (let i = 0; i < ranges.length; i++) this.adopt(ranges.hi[i]!, ranges.lo[i]!, ranges.size[i]!, machine);
  }

  adopt(hi: number, lo: number, size: number, machine: MachineMemory): void {
    const page = this.memory.lookup(hi, lo);
    if ((page & 2) === 0 || !machine.readGuest(hi, lo, size, this.theirs)) return;
    this.memory.read(page, lo, size, this.mine, 0);
    if (!sameBytes(this.mine, this.theirs, size)) this.memory.write(page, hi, lo, size, this.theirs, 0);
  }

  /** Control instructions, code outside memory: nothing is promised, but no eventfd is meant. */
  private judgeUndefined(access: Access, exp: Expectation, seen: Observation): void {
    for (let j = 0; j < seen.pieces.length; j++) {
      if (seen.pieces.kind[j] === PIECE.SIGNAL) {
        this.reporter.report('SIGNAL_EXTRA', access, exp, { fd: seen.pieces.fd[j]! });
      }
    }
  }

  private wrongFault(access: Access, exp: Expectation, seen: Observation): void {
    const words = () => ({
      got: describeFault(seen.vector, seen.errorCode, seen.cr2Hi, seen.cr2Lo),
      want: describeFault(exp.vector, exp.errorCode, exp.cr2Hi, exp.cr2Lo),
    });
    this.reporter.report('WRONG_FAULT', access, exp, { words });
  }

  /** The destination register was not written: the instruction was skipped. */
  private swallowed(access: Access, exp: Expectation, seen: Observation): void {
    const { reporter } = this;
    const signal = firstSignal(seen);
    const detail = { fd: signal };
    if (signal >= 0 && exp.device + exp.readonly === 0) reporter.report('RAM_KICKED', access, exp, detail);
    else if (isRmw(access.op)) reporter.report(signal >= 0 ? 'RMW_KICKED' : 'RMW_SWALLOWED', access, exp, detail);
    else if (signal < 0) reporter.report('READ_EMPTY', access, exp, {});
    else {
      reporter.report('READ_KICKED', access, exp, detail);
      if (exp.readonly === 1 && access.op === OP.READ) {
        const page = wordsToPage(exp.gpaHi, exp.gpaLo);
        if (this.unreadable.swallowed(page)) reporter.reportPage('PAGE_UNREADABLE', access, page, signal);
      }
    }
  }

  private judgeResult(access: Access, exp: Expectation, insn: Instruction): void {
    if (sameBytes(exp.result, insn.result, access.size)) return;
    const got = insn.result.slice();
    const words = () => ({ got: hexBytes(got, access.size), want: hexBytes(exp.result, access.size) });
    this.reporter.report('WRONG_VALUE', access, exp, { words });
  }

  private judgeRanges(access: Access, exp: Expectation, machine: MachineMemory, kick: number): void {
    const { ranges } = exp;
    for (let i = 0; i < ranges.length; i++) {
      if (this.rangeAgrees(exp, i, machine)) continue;
      const size = ranges.size[i]!;
      const words = () => ({
        piece: `${bytes(size)} at ${hexWords(ranges.hi[i]!, ranges.lo[i]!)}`,
        got: hexBytes(this.theirs, size),
        want: hexBytes(this.mine, size),
      });
      if (ranges.rule[i] === RANGE.KEPT) this.reporter.report('READONLY_CHANGED', access, exp, { words });
      else if (kick >= 0) this.reporter.report('STORE_LOST_BY_KICK', access, exp, { fd: kick, words });
      else this.reporter.report('STORE_LOST', access, exp, { words });
    }
  }

  private rangeAgrees(exp: Expectation, i: number, machine: MachineMemory): boolean {
    const { ranges } = exp;
    const hi = ranges.hi[i]!;
    const lo = ranges.lo[i]!;
    const size = ranges.size[i]!;
    if (ranges.rule[i] === RANGE.UNKNOWN) {
      this.adopt(hi, lo, size, machine);
      return true;
    }
    if (!machine.readGuest(hi, lo, size, this.theirs)) return false;
    this.memory.read(this.memory.lookup(hi, lo), lo, size, this.mine, 0);
    return sameBytes(this.mine, this.theirs, size);
  }
}

function sameFault(exp: Expectation, seen: Observation): boolean {
  if (exp.vector !== seen.vector) return false;
  if (exp.vector < 0) return true;
  if (exp.errorCode !== seen.errorCode) return false;
  return exp.vector !== 14 || ((exp.cr2Hi | 0) === (seen.cr2Hi | 0) && (exp.cr2Lo | 0) === (seen.cr2Lo | 0));
}

function firstSignal(seen: Observation): number {
  const { pieces } = seen;
  for (let j = 0; j < pieces.length; j++) if (pieces.kind[j] === PIECE.SIGNAL) return pieces.fd[j]!;
  return -1;
}
