import { CR4, REG, XCR0 } from '../../guest/registers.ts';
import type { Swap } from '../../cost/exit-frame.ts';

/** What the host has in the registers that the guest gets values of its own for. */
export interface HostXstate {
  /** kvm_host.xcr0. */
  readonly xcr0: number;
  /** kvm_host.xss. */
  readonly xss: number;
  /** PKRU of the VMM's thread: init_pkru_value of Linux (arch/x86/mm/pkeys.c). */
  readonly pkru: number;
  /** The host uses protection keys. */
  readonly pku: boolean;
  /** The guest has XSAVES, and with it IA32_XSS. */
  readonly xsaves: boolean;
}

/** A host without extended state to swap. */
export const NO_XSTATE: HostXstate = { xcr0: 1, xss: 0, pkru: 0, pku: false, xsaves: false };

/** Bits of the word that chooses among the run loop's blocks. */
export const SWAP = Object.freeze({ XCR0: 1, XSS: 2, PKU: 4, PKRU: 8 });
export const SWAP_WORDS = 16;

// Copies, folded into the code.
const XSAVE = CR4.OSXSAVE;
const PKE = CR4.PKE;
const IN_USE = XSAVE | PKE;
const PKRU_STATE = XCR0.PKRU;
const { CR4: CR4_AT, XCR0: XCR0_AT } = REG;

/** The guest uses neither XSAVE nor protection keys, as most here: told by two loads, at every exit. */
export const swapsNothing = (at: Int32Array): boolean => ((at[CR4_AT]! & IN_USE) | (at[XCR0_AT]! & PKRU_STATE)) === 0;

/**
 * What a world switch writes for the guest as its registers are now: the tests of kvm_load_guest_xsave_state() and
 * kvm_load_host_xsave_state(). XCR0 and XSS with CR4.OSXSAVE where they differ; PKRU with XCR0.PKRU or CR4.PKE where it differs, read back
 * at every exit then. 0 for the guests that use neither. (arch/x86/kvm/x86.c; before 5.7 CR4.PKE alone counted: recalled)
 */
export function swapWord(at: Int32Array, host: HostXstate): number {
  const cr4 = at[CR4_AT]!;
  const xcr0 = at[XCR0_AT]!;
  if (swapsNothing(at)) return 0;
  let word = 0;
  if ((cr4 & XSAVE) !== 0) {
    if (xcr0 !== host.xcr0) word = SWAP.XCR0;
    if (host.xsaves && at[REG.XSS] !== host.xss) word |= SWAP.XSS;
  }
  if (host.pku && ((xcr0 & PKRU_STATE) !== 0 || (cr4 & PKE) !== 0)) {
    word |= SWAP.PKU;
    if (at[REG.PKRU] !== host.pkru) word |= SWAP.PKRU;
  }
  return word;
}

/** The word as the run loop's lists take it. */
export const swapOf = (word: number): Swap => ({
  xcr0: (word & SWAP.XCR0) !== 0,
  xss: (word & SWAP.XSS) !== 0,
  pkru: (word & SWAP.PKRU) !== 0,
  pku: (word & SWAP.PKU) !== 0,
});
