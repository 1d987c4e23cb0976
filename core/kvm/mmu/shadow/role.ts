import { CR0, CR4, type GuestRegisters, REG } from '../../../guest/registers.ts';
import { ACC, guestLevels } from '../guest-walk.ts';

/**
 * The role of a shadow page: union kvm_mmu_page_role (arch/x86/include/asm/kvm_host.h), bit for bit. Two pages of one guest frame differ in it.
 * efer_nx is always set: without two-dimensional paging KVM has EFER.NX on whatever the guest says.
 */
export const ROLE = Object.freeze({
  LEVEL_MASK: 15,
  /** The guest's entries have four bytes: two or four shadow pages to a table of the guest's, told apart by the quadrant. */
  HAS_4_BYTE_GPTE: 1 << 4,
  QUADRANT_SHIFT: 5,
  QUADRANT_MASK: 3 << 5,
  /** Maps guest frames in a row and shadows no table: paging off, or under a large page of the guest's. */
  DIRECT: 1 << 7,
  ACCESS_SHIFT: 8,
  ACCESS_MASK: 7 << 8,
  /** Zapped, and still some vCPU's root. */
  INVALID: 1 << 11,
  EFER_NX: 1 << 12,
  CR0_WP: 1 << 13,
  SMEP_ANDNOT_WP: 1 << 14,
  SMAP_ANDNOT_WP: 1 << 15,
});

/** Levels of the tables KVM builds for a guest that does not use 64-bit paging: PT32E_ROOT_LEVEL. */
export const PAE_LEVEL = 3;

const ALL_ACCESS = ACC.ALL << ROLE.ACCESS_SHIFT;

export const levelOf = (role: number): number => role & ROLE.LEVEL_MASK;
export const accessOfRole = (role: number): number => (role & ROLE.ACCESS_MASK) >> ROLE.ACCESS_SHIFT;
export const quadrantOf = (role: number): number => (role & ROLE.QUADRANT_MASK) >> ROLE.QUADRANT_SHIFT;
export const isDirect = (role: number): boolean => (role & ROLE.DIRECT) !== 0;
export const isInvalid = (role: number): boolean => (role & ROLE.INVALID) !== 0;

/** kvm_calc_cpu_role() and kvm_init_shadow_mmu(): the role of a root for the guest's present mode. */
export function rootRole(regs: GuestRegisters): number {
  const levels = guestLevels(regs);
  if (levels === 0) return PAE_LEVEL | ROLE.DIRECT | ALL_ACCESS | ROLE.EFER_NX;
  const { at } = regs;
  const cr4 = at[REG.CR4]!;
  const wp = (at[REG.CR0]! & CR0.WP) !== 0;
  return (
    Math.max(levels, PAE_LEVEL) |
    ALL_ACCESS |
    ROLE.EFER_NX |
    ((cr4 & CR4.PAE) === 0 ? ROLE.HAS_4_BYTE_GPTE : 0) |
    (wp ? ROLE.CR0_WP : 0) |
    (!wp && (cr4 & CR4.SMEP) !== 0 ? ROLE.SMEP_ANDNOT_WP : 0) |
    (!wp && (cr4 & CR4.SMAP) !== 0 ? ROLE.SMAP_ANDNOT_WP : 0)
  );
}

/** kvm_mmu_child_role: below the entry `index` of a page with the role `parent`. */
export function childRole(parent: number, index: number, direct: boolean, access: number): number {
  const cleared = parent & ~(ROLE.LEVEL_MASK | ROLE.ACCESS_MASK | ROLE.DIRECT | ROLE.QUADRANT_MASK | ROLE.INVALID);
  const role = cleared | (levelOf(parent) - 1) | (access << ROLE.ACCESS_SHIFT) | (direct ? ROLE.DIRECT : 0);
  return (role & ROLE.HAS_4_BYTE_GPTE) === 0 ? role : role | ((index & 1) << ROLE.QUADRANT_SHIFT);
}

/** The role of a root, or of one of the four directories of a PAE root. */
export const atLevel = (root: number, level: number, quadrant: number): number =>
  (root & ~(ROLE.LEVEL_MASK | ROLE.QUADRANT_MASK)) | level | (quadrant << ROLE.QUADRANT_SHIFT);

/** What __kvm_sync_page compares of a page's role with that of the vCPU's root: all but level, access, quadrant. */
const SYNC_IGNORES = ROLE.LEVEL_MASK | ROLE.ACCESS_MASK | ROLE.QUADRANT_MASK;
export const sameContext = (role: number, root: number): boolean => ((role ^ root) & ~SYNC_IGNORES) === 0;
