import { PTE } from '../../../spec/paging.ts';

/** Rights of a translation as 2.6.26 keeps them in a role: ACC_EXEC_MASK, ACC_WRITE_MASK, ACC_USER_MASK. Write and user are an entry's own bits. */
export const ACC = Object.freeze({ EXEC: 1, WRITE: PTE.W, USER: PTE.U, ALL: 1 | PTE.W | PTE.U });

/** PT_SHADOW_IO_MARK, the first bit software may use: a shadow entry of a page without memory. It is neither trap nor notrap nor present. */
export const IO_MARK = 1 << 9;

/** All ones but bits 1 to 11: present, no rights, every reserved address bit set (c7addb902054). */
export const TRAP_HI = -1;
export const TRAP_LO = ~0xffe;

/** What an upper shadow entry holds beside its address: rights are the leaf's business. */
export const TABLE_ENTRY = PTE.P | PTE.A | PTE.W | PTE.U;

/** union kvm_mmu_page_role: guest levels 3:0, level 7:4, quadrant 9:8, metaphysical 16, access 19:17, invalid 20 (2.6.26). */
export const ROLE_METAPHYSICAL = 1 << 16;
export const ROLE_INVALID = 1 << 20;

export const roleOf = (
  glevels: number,
  level: number,
  quadrant: number,
  metaphysical: number,
  access: number,
): number => glevels | (level << 4) | (quadrant << 8) | (metaphysical === 0 ? 0 : ROLE_METAPHYSICAL) | (access << 17);

export const glevelsOf = (role: number): number => role & 15;
export const levelOf = (role: number): number => (role >> 4) & 15;
export const quadrantOf = (role: number): number => (role >> 8) & 3;
export const accessOf = (role: number): number => (role >> 17) & 7;
export const isMetaphysical = (role: number): boolean => (role & ROLE_METAPHYSICAL) !== 0;

/** Frame an entry names. Frames of the model fit 28 bits. */
export const frameOfEntry = (hi: number, lo: number): number => ((hi & 0xff) << 20) | (lo >>> 12);
export const addressLo = (frame: number): number => frame << 12;
export const addressHi = (frame: number): number => frame >>> 20;

/** Guest frame an entry of 8 bytes names: bits 51:12. */
export const gfnOfEntry = (hi: number, lo: number): number => (hi & 0xfffff) * 0x100000 + (lo >>> 12);
