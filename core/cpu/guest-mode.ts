import { CR0, CR4, EFER, REG, type GuestRegisters } from '../guest/registers.ts';
import type { Controls } from './controls.ts';
import { needOf, type AccessMode } from './rights.ts';

/** How the guest translates addresses now: its registers, read once after each change. */
export class GuestMode implements AccessMode {
  /** Levels of the guest's tables: 0 paging off, 2 legacy, 3 PAE, 4 or 5 long mode. */
  levels = 4;
  user = false;
  wp = true;
  smep = false;
  smap = false;
  pkru = 0;
  /** SMAP on, whatever AC: what an implicit access sees. */
  smapAlways = false;
  nxe = false;
  /** Fetch faults are marked in the error code: NX or SMEP is on. */
  reportsFetch = false;
  pse = false;
  pge = false;
  pcide = false;
  /** Current PCID, 0 without PCIDE. */
  pcid = 0;
  /** CR3 as written; the frame in it as two words. */
  cr3Lo = 0;
  rootHi = 0;
  rootLo = 0;
  /** An address is canonical if its high word survives a left and an arithmetic right shift by this. 32-bit modes: 31. */
  canonicalShift = 16;
  /** Masks and wanted flags of a TLB hit, by kind of access. */
  readonly needMask = new Int32Array(4);
  readonly needWant = new Int32Array(4);

  /**
   * Reads the registers: the guest's view of them, with the bits that `controls` forces in the real ones. Without nesting the format of
   * the one table in use is `controls`' too, unless that says 0.
   */
  read(registers: GuestRegisters, controls: Controls): void {
    const at = registers.at;
    const levels = controls.nativeLevels;
    const cr0 = at[REG.CR0]! | controls.forceCr0;
    const cr4 = (at[REG.CR4]! | controls.forceCr4) & ~controls.clearCr4;
    const efer = at[REG.EFER]! | controls.forceEfer;
    const long = (efer & EFER.LMA) !== 0;
    if (levels !== 0) this.levels = levels;
    else if ((cr0 & CR0.PG) === 0) this.levels = 0;
    else if (long) this.levels = (cr4 & CR4.LA57) !== 0 ? 5 : 4;
    else this.levels = (cr4 & CR4.PAE) !== 0 ? 3 : 2;
    const is64 = this.levels >= 4;
    this.user = at[REG.CPL] === 3;
    this.wp = (cr0 & CR0.WP) !== 0;
    this.smep = (cr4 & CR4.SMEP) !== 0;
    this.smapAlways = (cr4 & CR4.SMAP) !== 0;
    this.smap = this.smapAlways && at[REG.AC] === 0;
    this.pkru = is64 && (cr4 & CR4.PKE) !== 0 ? at[REG.PKRU]! : 0;
    this.nxe = (efer & EFER.NXE) !== 0 && this.levels >= 3;
    this.reportsFetch = this.nxe || this.smep;
    this.pse = (cr4 & CR4.PSE) !== 0;
    this.pge = (cr4 & CR4.PGE) !== 0;
    this.pcide = (cr4 & CR4.PCIDE) !== 0 && is64;
    this.pcid = this.pcide ? at[REG.CR3_LO]! & 0xfff : 0;
    this.cr3Lo = at[REG.CR3_LO]!;
    this.rootLo = (at[REG.CR3_LO]! >>> 12) | (at[REG.CR3_HI]! << 20);
    this.rootHi = (at[REG.CR3_HI]! >>> 12) & 0xff;
    this.canonicalShift = this.levels === 5 ? 7 : this.levels === 4 || (this.levels === 0 && long) ? 16 : 31;
    if (this.levels === 0) {
      this.user = false;
      this.smep = false;
      this.smap = false;
      this.smapAlways = false;
      this.reportsFetch = false;
    }
    needOf(this, this.needMask, this.needWant);
  }
}
