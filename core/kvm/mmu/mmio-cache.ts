import type { StateSet } from '../../base/state.ts';

const GVA_HI = 0;
const GVA_LO = 1;
const GPA_HI = 2;
const GPA_LO = 3;
const GENERATION = 4;
const ACCESS = 5;

/**
 * The vCPU's one-entry MMIO cache (vcpu->arch.mmio_*): the last page known to be MMIO, and the memslot generation at which it was known.
 * A zero page never matches, so gfn 0 is never cached; under two-dimensional paging the virtual page is always zero.
 */
export class MmioCache {
  private readonly words = new Int32Array(6);

  register(state: StateSet): void {
    state.addState(() => [this.words]);
  }

  /** vcpu_cache_mmio_info. `gva` is 0 for a direct MMU; `generation` the low word of the memslots' generation. */
  fill(gvaHi: number, gvaLo: number, gpaHi: number, gpaLo: number, access: number, generation: number): void {
    const { words } = this;
    words[GVA_HI] = gvaHi;
    words[GVA_LO] = gvaLo & ~0xfff;
    words[GPA_HI] = gpaHi;
    words[GPA_LO] = gpaLo & ~0xfff;
    words[ACCESS] = access;
    words[GENERATION] = generation;
  }

  /** Guest-physical page and rights of the entry, for `matchesGva`. */
  get gpaHi(): number {
    return this.words[GPA_HI]!;
  }

  get gpaLo(): number {
    return this.words[GPA_LO]!;
  }

  get access(): number {
    return this.words[ACCESS]!;
  }

  /** vcpu_clear_mmio_info for one linear page. */
  clearGva(hi: number, lo: number): void {
    const { words } = this;
    if (words[GVA_LO] === (lo & ~0xfff) && words[GVA_HI] === (hi | 0)) words[GVA_LO] = words[GVA_HI] = 0;
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

  /** vcpu_match_mmio_gva. */
  matchesGva(hi: number, lo: number, generation: number): boolean {
    const { words } = this;
    const page = lo & ~0xfff;
    return (
      words[GVA_LO] === page &&
      words[GVA_HI] === (hi | 0) &&
      (page | hi) !== 0 &&
      words[GENERATION] === (generation | 0)
    );
  }
}
