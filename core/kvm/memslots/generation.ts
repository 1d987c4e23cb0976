import { wordsToBig } from '../../base/words.ts';
import type { SlotPolicy } from './slot-policy.ts';

const BIT63_HI = 0x8000_0000 | 0;

/** The generation of each address space's memslots (kvm_swap_active_memslots), as two words a space: [low, high]. */
export class SlotGenerations {
  readonly words: Int32Array;
  private readonly policy: SlotPolicy;

  constructor(policy: SlotPolicy) {
    this.policy = policy;
    this.words = new Int32Array(policy.addressSpaces * 2);
    policy.generation.start.slice(0, policy.addressSpaces).forEach((start, space) => this.set(space, start));
  }

  /** The full 64-bit generation, in-progress mark included. */
  value(space: number): bigint {
    return wordsToBig(this.words[space * 2 + 1]!, this.words[space * 2]!);
  }

  /** The bits MMIO caching compares (kvm_memslots()->generation & MMIO_SPTE_GEN_MASK). No allocation. */
  mmio(space: number): number {
    return this.words[space * 2]! & ((1 << this.policy.generation.mmioBits) - 1);
  }

  /** What a fresh MMIO SPTE would store of `mmio`. */
  storedMmio(space: number): number {
    return this.mmio(space) & -(1 << this.policy.generation.mmioDroppedBits);
  }

  /** True between the publication of new slots and the end of the grace period: nothing may be cached. */
  inProgress(space: number): boolean {
    return this.policy.generation.inProgress === 'bit63'
      ? this.words[space * 2 + 1]! < 0
      : (this.words[space * 2]! & 1) !== 0;
  }

  begin(space: number): void {
    if (this.policy.generation.inProgress === 'bit63') this.words[space * 2 + 1]! |= BIT63_HI;
    else this.set(space, this.value(space) + 1n);
  }

  /** Ends an update; true when the MMIO part has wrapped to 0, which zaps everything (kvm_mmu_invalidate_mmio_sptes). */
  end(space: number): boolean {
    const { inProgress, step, spaceBits } = this.policy.generation;
    if (inProgress === 'bit63') this.words[space * 2 + 1]! &= ~BIT63_HI;
    else this.set(space, this.value(space) - 1n);
    this.set(space, this.value(space) + step);
    return this.mmio(space) >> spaceBits === 0;
  }

  private set(space: number, value: bigint): void {
    this.words[space * 2] = Number(BigInt.asIntN(32, value));
    this.words[space * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }
}
