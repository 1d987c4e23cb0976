import type { StateSet } from '../../base/state.ts';

const GPA_HI = 0;
const GPA_LO = 1;
const GENERATION = 2;

/**
 * The vCPU's one-entry MMIO cache (vcpu->arch.mmio_*): the last page known to be MMIO, and the memslot generation at which it was known.
 * Under two-dimensional paging only the guest-physical page is kept, and all access. A zero page never matches, so gfn 0 is never cached.
 */
export class MmioCache {
  private readonly words = new Int32Array(3);

  register(state: StateSet): void {
    state.addState(() => [this.words]);
  }

  /** vcpu_cache_mmio_info. `generation`: the low word of the memslots' generation. */
  fill(gpaHi: number, gpaLo: number, generation: number): void {
    const { words } = this;
    words[GPA_HI] = gpaHi;
    words[GPA_LO] = gpaLo & ~0xfff;
    words[GENERATION] = generation;
  }

  /** vcpu_clear_mmio_info for everything: MMU unload, root load, root sync. */
  clear(): void {
    this.words.fill(0);
  }

  /** vcpu_match_mmio_gpa. */
  matchesGpa(hi: number, lo: number, generation: number): boolean {
    const { words } = this;
    const page = lo & ~0xfff;
    return (
      words[GPA_LO] === page &&
      words[GPA_HI] === (hi | 0) &&
      (page | hi) !== 0 &&
      words[GENERATION] === (generation | 0)
    );
  }
}
