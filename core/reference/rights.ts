import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { PFERR } from '../spec/vm-exit.ts';

/** What an access wants to do with a page. */
export const WANT = Object.freeze({ READ: 0, WRITE: 1, FETCH: 2 });

/**
 * Whether the guest's rights forbid an access to a present page, after SDM vol. 3, 5.6 "Access Rights": U/S, R/W with CR0.WP, XD, SMEP, SMAP,
 * protection keys. Returns the #PF error-code bits that say so (P among them), 0 when the access is allowed.
 *
 * @param writable R/W set at every level. @param userPage U/S set at every level. @param noExecute XD set at any level.
 * @param key protection key of the leaf. @param implicit the access is an implicit supervisor access.
 */
export function forbidden(
  regs: Int32Array,
  want: number,
  writable: boolean,
  userPage: boolean,
  noExecute: boolean,
  key: number,
  implicit: boolean,
): number {
  const cr4 = regs[REG.CR4]!;
  const user = regs[REG.CPL] === 3 && !implicit;
  let bad = false;
  let keyBad = false;
  if (want === WANT.FETCH) {
    bad = noExecute || (user ? !userPage : userPage && (cr4 & CR4.SMEP) !== 0);
  } else {
    const bindsWrites = user || (regs[REG.CR0]! & CR0.WP) !== 0;
    if (user) bad = !userPage;
    else if (userPage && (cr4 & CR4.SMAP) !== 0) bad = implicit || regs[REG.AC] === 0;
    if (want === WANT.WRITE && !writable && bindsWrites) bad = true;
    if (userPage && (cr4 & CR4.PKE) !== 0 && (regs[REG.EFER]! & (EFER.LMA | EFER.LME)) !== 0) {
      const denied = (regs[REG.PKRU]! >>> (key * 2)) & 3;
      keyBad = (denied & 1) !== 0 || (want === WANT.WRITE && (denied & 2) !== 0 && bindsWrites);
    }
  }
  if (!bad && !keyBad) return 0;
  return PFERR.P | (keyBad ? PFERR.PK : 0);
}

/** The error-code bits that describe the access itself: W, U and, where fetches are told apart, I/D. */
export function accessBits(regs: Int32Array, want: number, implicit: boolean): number {
  let bits = regs[REG.CPL] === 3 && !implicit ? PFERR.U : 0;
  if (want === WANT.WRITE) bits |= PFERR.W;
  if (want === WANT.FETCH) {
    const cr4 = regs[REG.CR4]!;
    const xd = (regs[REG.EFER]! & EFER.NXE) !== 0 && (cr4 & CR4.PAE) !== 0;
    if (xd || (cr4 & CR4.SMEP) !== 0) bits |= PFERR.FETCH;
  }
  return bits;
}
