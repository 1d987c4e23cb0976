import { type Instruction, OP } from '../../guest/instruction.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import { KVM_EXIT } from './kvm-exit.ts';
import { ACCESS, type MmioAccess } from './mmio-access.ts';
import type { PortAccess } from './pio.ts';
import { PENDING, READ_AHEAD_BYTES, type VcpuIo } from './vcpu-io.ts';

/** How one iteration of a string instruction ended. */
export const ITERATION = Object.freeze({
  /** Elements done; a write may have left fragments for userspace. */
  DONE: 0,
  /** Memory has to be read from userspace; nothing was done. */
  READ_EXIT: 1,
  /** A port exit is set up. OUT: the element is done. IN: nothing was done. */
  PIO_EXIT: 2,
  FAULT: 3,
});

/** One iteration of STOS, MOVS, OUTS or INS, ascending: the count goes down and the addresses up as elements complete. */
export class StringIteration {
  private readonly memory: MmioAccess;
  private readonly ports: PortAccess;

  constructor(memory: MmioAccess, ports: PortAccess) {
    this.memory = memory;
    this.ports = ports;
  }

  /** Returns ITERATION. */
  run(insn: Instruction, v: VcpuIo): number {
    switch (insn.op) {
      case OP.STOS:
        return this.store(insn, v, insn.data, 1);
      case OP.MOVS:
        return this.move(insn, v);
      case OP.OUTS:
        return this.out(insn, v);
      default:
        return this.in(insn, v);
    }
  }

  private store(insn: Instruction, v: VcpuIo, from: Int32Array, elements: number): number {
    const bytes = insn.size * elements;
    if (this.memory.write(v, insn.hi, insn.lo, bytes, from) === ACCESS.FAULT) return ITERATION.FAULT;
    advance(insn, bytes, elements);
    return ITERATION.DONE;
  }

  private move(insn: Instruction, v: VcpuIo): number {
    const read = this.memory.read(v, insn.hi2, insn.lo2, insn.size);
    if (read !== ACCESS.DONE) return read === ACCESS.FAULT ? ITERATION.FAULT : ITERATION.READ_EXIT;
    for (let i = 0; i < insn.size; i++) putByte(v.result, i, getByte(v.operand, i));
    const stored = this.store(insn, v, v.result, 1);
    if (stored !== ITERATION.DONE) return stored;
    const lo = insn.lo2;
    insn.lo2 = (lo + insn.size) | 0;
    if (insn.lo2 >>> 0 < lo >>> 0) insn.hi2 = (insn.hi2 + 1) | 0;
    return ITERATION.DONE;
  }

  private out(insn: Instruction, v: VcpuIo): number {
    const read = this.memory.read(v, insn.hi, insn.lo, insn.size);
    if (read !== ACCESS.DONE) return read === ACCESS.FAULT ? ITERATION.FAULT : ITERATION.READ_EXIT;
    const taken = this.ports.out(v, insn.port, insn.size, v.operand);
    advance(insn, insn.size, 1);
    return taken ? ITERATION.DONE : ITERATION.PIO_EXIT;
  }

  /** pio_in_emulated: a batch is read ahead, at most the bytes left in the page taken as elements, and the buffer's size. */
  private in(insn: Instruction, v: VcpuIo): number {
    const inPage = 4096 - (insn.lo & 0xfff);
    const elements = Math.max(1, Math.min(inPage, Math.floor(READ_AHEAD_BYTES / insn.size), insn.count));
    if (v.pending === PENDING.PIO_IN) {
      v.pending = PENDING.NONE;
      v.exitReason = KVM_EXIT.UNKNOWN;
      return this.store(insn, v, v.pioData, elements);
    }
    if (this.ports.in(v, insn.port, insn.size, elements, v.result)) return this.store(insn, v, v.result, elements);
    v.pending = PENDING.PIO_IN;
    return ITERATION.PIO_EXIT;
  }
}

/** RCX down, RDI or RSI up. */
function advance(insn: Instruction, bytes: number, elements: number): void {
  const lo = insn.lo;
  insn.lo = (lo + bytes) | 0;
  if (insn.lo >>> 0 < lo >>> 0) insn.hi = (insn.hi + 1) | 0;
  insn.count -= elements;
}
