import { CR0, CR4, EFER, type GuestRegisters, REG, XCR0 } from '../guest/registers.ts';
import type { PagingMode, RegistersOp } from '../guest/setup.ts';
import { rootWords } from './guest-tables.ts';

/**
 * Registers of a guest kernel that has booted: its paging mode on, CR0.WP set, EFER.NXE where entries have room for XD, CPL 0, the other
 * protections off.
 */
export function bootRegisters(registers: GuestRegisters, mode: PagingMode, root: bigint, rip: bigint): void {
  const { at } = registers;
  const long = mode === '4-level' || mode === '5-level';
  at[REG.CR0] = CR0.PE | CR0.WP | (mode === 'none' ? 0 : CR0.PG);
  at[REG.CR4] =
    (mode === '2-level' ? CR4.PSE : mode === 'none' ? 0 : CR4.PAE) | CR4.PGE | (mode === '5-level' ? CR4.LA57 : 0);
  at[REG.EFER] = (mode === '2-level' || mode === 'none' ? 0 : EFER.NXE) | (long ? EFER.LME | EFER.LMA : 0);
  const words = rootWords(root);
  at[REG.CR3_HI] = words.hi;
  at[REG.CR3_LO] = words.lo;
  at[REG.XCR0] = XCR0.X87;
  at[REG.RIP_LO] = Number(rip & 0xffff_ffffn) | 0;
  at[REG.RIP_HI] = Number(rip >> 32n) | 0;
}

/** What the script wants different. */
export function applyRegisters(registers: GuestRegisters, op: RegistersOp, hostXcr0: number): void {
  const { at } = registers;
  const flag = (reg: number, bit: number, on: boolean | undefined): void => {
    if (on !== undefined) at[reg] = on ? at[reg]! | bit : at[reg]! & ~bit;
  };
  if (op.cpl !== undefined) at[REG.CPL] = op.cpl;
  flag(REG.CR0, CR0.WP, op.wp);
  flag(REG.CR4, CR4.SMEP, op.smep);
  flag(REG.CR4, CR4.SMAP, op.smap);
  flag(REG.CR4, CR4.PKE, op.pke);
  flag(REG.CR4, CR4.PCIDE, op.pcide);
  flag(REG.CR4, CR4.PGE, op.pge);
  flag(REG.CR4, CR4.OSXSAVE, op.osxsave);
  if (op.pkru !== undefined) at[REG.PKRU] = op.pkru | 0;
  if (op.xcr0 !== undefined) at[REG.XCR0] = op.xcr0 === 'host' ? hostXcr0 : op.xcr0 | 0;
}
