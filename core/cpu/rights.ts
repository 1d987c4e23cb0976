import { PKRU } from '../spec/paging.ts';

/**
 * What a cached translation allows, as flags: the AND over the guest's levels, the AND over the nested levels, and what else decides
 * whether an access may use the entry without a walk. A mode (CPL, WP, SMEP, SMAP, AC, PKRU) turns into a mask and a wanted value for
 * each kind of access, so that a hit is checked with one compare.
 */
export const RIGHT = Object.freeze({
  /** Guest: user page, writable, executable. */
  U: 1 << 0,
  W: 1 << 1,
  X: 1 << 2,
  /** Nested (or no nesting): readable, writable, executable. */
  NR: 1 << 3,
  NW: 1 << 4,
  NX: 1 << 5,
  /** Every dirty bit is set that a write would set. */
  DIRTY: 1 << 6,
  GLOBAL: 1 << 7,
  /** Protection key of the guest's leaf. */
  KEY_SHIFT: 8,
  KEY_MASK: 15 << 8,
  /** Supervisor page, or key 0: the common case under PKRU. */
  KEY_PLAIN: 1 << 12,
  /** Size class of the guest's own page; larger than the entry's class where the entry is a fragment. */
  PAGE_SHIFT: 13,
  PAGE_MASK: 3 << 13,
  /** Never set: wanted by a mode in which no hit is plain. */
  NEVER: 1 << 15,
});

/** Kinds of access. */
export const KIND = Object.freeze({ READ: 0, WRITE: 1, FETCH: 2, RMW: 3 });

/** Guest registers boiled down to what a permission check needs. */
export interface AccessMode {
  readonly user: boolean;
  readonly wp: boolean;
  readonly smep: boolean;
  /** SMAP on and AC clear (or the access implicit). */
  readonly smap: boolean;
  /** PKRU where CR4.PKE and long mode apply it, else 0. */
  readonly pkru: number;
}

/** Writes mask and wanted flags of each kind into two columns. */
export function needOf(mode: AccessMode, mask: Int32Array, want: Int32Array): void {
  const { U, W, X, NR, NW, NX, DIRTY, KEY_PLAIN, NEVER } = RIGHT;
  let dataMask = 0;
  let dataWant = 0;
  if (mode.user) {
    dataMask = U;
    dataWant = U;
  } else if (mode.smap) dataMask = U;
  if (mode.pkru !== 0) {
    dataMask |= KEY_PLAIN;
    dataWant |= KEY_PLAIN;
    if ((mode.pkru & 3) !== 0) {
      dataMask |= NEVER;
      dataWant |= NEVER;
    }
  }
  const write = NW | DIRTY | (mode.user || mode.wp ? W : 0);
  mask[KIND.READ] = dataMask | NR;
  want[KIND.READ] = dataWant | NR;
  mask[KIND.WRITE] = dataMask | write;
  want[KIND.WRITE] = dataWant | write;
  mask[KIND.RMW] = dataMask | write | NR;
  want[KIND.RMW] = dataWant | write | NR;
  mask[KIND.FETCH] = X | NX | (mode.user || mode.smep ? U : 0);
  want[KIND.FETCH] = X | NX | (mode.user ? U : 0);
}

/** What a guest permission check says. */
export const GUEST_OK = 0;
const GUEST_DENIED = 1;
export const GUEST_KEY_DENIED = 2;

const { U, W, X, KEY_MASK, KEY_SHIFT } = RIGHT;
const { READ, FETCH } = KIND;
const { AD, WD } = PKRU;

/** The guest's own rules (SDM vol. 3A, "Determination of Access Rights", "Protection Keys") on accumulated rights; EPT and NPT apart. */
export function guestAllows(flags: number, kind: number, mode: AccessMode): number {
  const userPage = (flags & U) !== 0;
  if (kind === FETCH) {
    if ((flags & X) === 0) return GUEST_DENIED;
    if (mode.user) return userPage ? GUEST_OK : GUEST_DENIED;
    return userPage && mode.smep ? GUEST_DENIED : GUEST_OK;
  }
  const write = kind !== READ;
  // The error code says PK whatever else refuses the access (SDM vol. 3A, "Page-Fault Exceptions", bit 5), so the key comes first.
  if (userPage && mode.pkru !== 0) {
    const key = (mode.pkru >>> (((flags & KEY_MASK) >> KEY_SHIFT) * 2)) & 3;
    if ((key & AD) !== 0) return GUEST_KEY_DENIED;
    if (write && (key & WD) !== 0 && (mode.user || mode.wp)) return GUEST_KEY_DENIED;
  }
  if (mode.user && !userPage) return GUEST_DENIED;
  if (!mode.user && userPage && mode.smap) return GUEST_DENIED;
  if (write && (flags & W) === 0 && (mode.user || mode.wp)) return GUEST_DENIED;
  return GUEST_OK;
}
