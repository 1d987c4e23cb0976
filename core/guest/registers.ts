import type { StateSet } from '../base/state.ts';

/**
 * Guest registers that decide how an access is translated: the guest-state area of the VMCS or VMCB, seen by silicon and by KVM.
 * A column, so that it is part of the machine's state.
 */
export const REG = Object.freeze({
  CR0: 0,
  /** CR3 bits 31:0, PCID in bits 11:0 when CR4.PCIDE. */
  CR3_LO: 1,
  CR3_HI: 2,
  CR4: 3,
  EFER: 4,
  CPL: 5,
  PKRU: 6,
  /** EFLAGS.AC. */
  AC: 7,
  RIP_LO: 8,
  RIP_HI: 9,
  CR2_LO: 10,
  CR2_HI: 11,
  /** XCR0 and IA32_XSS: no feature has a bit above 31 (SDM vol. 1, 13.3). */
  XCR0: 12,
  XSS: 13,
});
export const REG_COUNT = 14;

export const CR0 = Object.freeze({ PE: 1 << 0, WP: 1 << 16, PG: 1 << 31 });
export const CR4 = Object.freeze({
  PSE: 1 << 4,
  PAE: 1 << 5,
  PGE: 1 << 7,
  LA57: 1 << 12,
  PCIDE: 1 << 17,
  OSXSAVE: 1 << 18,
  SMEP: 1 << 20,
  SMAP: 1 << 21,
  PKE: 1 << 22,
});
/** Bits of XCR0: SDM vol. 1, 13.3; Linux arch/x86/include/asm/fpu/types.h. */
export const XCR0 = Object.freeze({
  X87: 1 << 0,
  SSE: 1 << 1,
  YMM: 1 << 2,
  AVX512: 7 << 5,
  PKRU: 1 << 9,
  TILE: 3 << 17,
});
export const EFER = Object.freeze({ LME: 1 << 8, LMA: 1 << 10, NXE: 1 << 11 });

export class GuestRegisters {
  readonly at = new Int32Array(REG_COUNT);

  register(state: StateSet): void {
    state.addState(() => [this.at]);
  }
}
