import { addHi } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import type { StepSink } from '../io/charge-bus.ts';
import { KVM_EXIT } from './kvm-exit.ts';
import { wordAt } from './mmio-access.ts';
import { PENDING, type VcpuIo } from './vcpu-io.ts';

/** What the completion of a piece leads to. */
export const COMPLETED = Object.freeze({ EXIT_AGAIN: 0, WRITE_DONE: 1, READ_DONE: 2 });

/** Hands the first fragment to userspace (the end of emulator_read_write). */
export function exitForMmio(v: VcpuIo, isWrite: number): void {
  v.fragment = 0;
  v.isWrite = isWrite;
  showPiece(v);
}

/**
 * complete_emulated_mmio (arch/x86/kvm/x86.c): takes the reply to a read, moves on by a piece of at most 8 bytes or to the next
 * fragment. Returns COMPLETED.
 */
export function completeMmio(v: VcpuIo, steps: StepSink): number {
  steps.add(STEP.complete_emulated_mmio);
  const n = v.fragment;
  const left = v.fragmentLength[n]!;
  const length = left < 8 ? left : 8;
  const at = v.fragmentAt[n]!;
  if (v.isWrite === 0) for (let i = 0; i < length; i++) putByte(v.operand, at + i, getByte(v.mmioData, i));
  if (left <= 8) {
    v.fragment++;
  } else {
    const lo = v.fragmentLo[n]!;
    v.fragmentAt[n] = at + 8;
    v.fragmentHi[n] = addHi(v.fragmentHi[n]!, lo, 8);
    v.fragmentLo[n] = lo + 8;
    v.fragmentLength[n] = left - 8;
  }
  if (v.fragment < v.fragments) {
    showPiece(v);
    return COMPLETED.EXIT_AGAIN;
  }
  v.pending = PENDING.NONE;
  v.exitReason = KVM_EXIT.UNKNOWN;
  v.fragments = 0;
  if (v.isWrite !== 0) return COMPLETED.WRITE_DONE;
  v.readCompleted = 1;
  return COMPLETED.READ_DONE;
}

function showPiece(v: VcpuIo): void {
  const n = v.fragment;
  const left = v.fragmentLength[n]!;
  v.pending = PENDING.MMIO;
  v.exitReason = KVM_EXIT.MMIO;
  v.physHi = v.fragmentHi[n]!;
  v.physLo = v.fragmentLo[n]!;
  v.length = left < 8 ? left : 8;
  const at = v.fragmentAt[n]!;
  v.mmioData[0] = v.isWrite === 0 ? 0 : wordAt(v.operand, at, v.length);
  v.mmioData[1] = v.isWrite === 0 || v.length <= 4 ? 0 : wordAt(v.operand, at + 4, v.length - 4);
}
