import { bigHi, bigLo, wordsToBig } from '../../core/base/words.ts';
import type { HostMemory } from '../../core/memory/host-memory.ts';

/**
 * A second opinion on one access: no TLB, no caches, no code of core/cpu. BigInt and recursion; the rules as the manuals list them. It
 * sets accessed and dirty flags in the memory it is given.
 */
export interface ReferenceMachine {
  readonly memory: HostMemory;
  readonly nested: 'ept' | 'npt' | 'none';
  readonly nestedRoot: number;
  readonly nestedLevels: number;
  /** Guest tables: 0 paging off, 2, 3, 4, 5. */
  readonly guestLevels: number;
  readonly guestRoot: number;
  readonly eptAd: boolean;
  readonly executeOnly: boolean;
  readonly maxphyaddr: number;
  readonly p1g: boolean;
  readonly user: boolean;
  readonly wp: boolean;
  readonly smep: boolean;
  readonly smap: boolean;
  readonly ac: boolean;
  readonly nxe: boolean;
  readonly pse: boolean;
  /** PKRU, or null where protection keys are off. */
  readonly pkru: number | null;
}

export type Kind = 'read' | 'write' | 'fetch' | 'rmw';

export type Answer =
  | { readonly to: 'memory'; readonly hfn: number }
  | { readonly to: 'fault'; readonly vector: number; readonly code: number }
  | { readonly to: 'misconfig'; readonly gpa: bigint }
  | { readonly to: 'violation'; readonly gpa: bigint; readonly qualification: number }
  | { readonly to: 'npf'; readonly gpa: bigint; readonly info: bigint };

class Leave extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super('leave');
    this.answer = answer;
  }
}

const bit = (value: bigint, n: number): boolean => ((value >> BigInt(n)) & 1n) === 1n;
const bits = (value: bigint, high: number, low: number): bigint =>
  (value >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
const writes = (kind: Kind): boolean => kind === 'write' || kind === 'rmw';

export function referenceTranslate(m: ReferenceMachine, gva: bigint, kind: Kind): Answer {
  try {
    return translate(m, gva, kind);
  } catch (left) {
    if (left instanceof Leave) return left.answer;
    throw left;
  }
}

function load(m: ReferenceMachine, hpa: bigint, bytes: number): bigint {
  const hfn = Number(hpa >> 12n);
  const offset = Number(hpa & 0xfffn);
  if (hfn >= m.memory.frames) return 0n;
  const lo = m.memory.word(hfn, offset >> 2);
  return bytes === 4 ? BigInt(lo >>> 0) : wordsToBig(m.memory.word(hfn, (offset >> 2) + 1), lo);
}

function store(m: ReferenceMachine, hpa: bigint, bytes: number, value: bigint): void {
  const hfn = Number(hpa >> 12n);
  const offset = Number(hpa & 0xfffn);
  if (hfn >= m.memory.frames) return;
  m.memory.setWord(hfn, offset >> 2, bigLo(value) | 0);
  if (bytes === 8) m.memory.setWord(hfn, (offset >> 2) + 1, bigHi(value) | 0);
}

interface Entry {
  readonly hpa: bigint;
  readonly gpa: bigint;
  readonly bytes: number;
  readonly value: bigint;
}

function translate(m: ReferenceMachine, gva: bigint, kind: Kind): Answer {
  const width = m.guestLevels === 5 ? 57 : m.guestLevels === 4 ? 48 : 32;
  if (width > 32 && BigInt.asUintN(64, BigInt.asIntN(width, gva)) !== gva) {
    return { to: 'fault', vector: 13, code: 0 };
  }
  const la = BigInt.asUintN(width, gva);
  const gpa = m.guestLevels === 0 ? la : guestWalk(m, la, kind);
  const hpa = nested(m, gpa, kind, 'final', true);
  return { to: 'memory', hfn: Number(hpa >> 12n) };
}

function guestWalk(m: ReferenceMachine, la: bigint, kind: Kind): bigint {
  const fault = (code: number): never => {
    const access =
      (writes(kind) ? 2 : 0) |
      (m.user ? 4 : 0) |
      (kind === 'fetch' && ((m.nxe && m.guestLevels > 2) || m.smep) ? 16 : 0);
    throw new Leave({ to: 'fault', vector: 14, code: code | access });
  };
  const used: Entry[] = [];
  const small = m.guestLevels === 2;
  const bytes = small ? 4 : 8;
  let table = BigInt(m.guestRoot) << 12n;
  let user = true;
  let writable = true;
  let executable = true;
  for (let level = m.guestLevels; ; level--) {
    const index = small
      ? bits(la, level === 2 ? 31 : 21, level === 2 ? 22 : 12)
      : bits(la, 12 + level * 9 - 1, 12 + (level - 1) * 9);
    const gpa = table + index * BigInt(bytes);
    const pointer = m.guestLevels === 3 && level === 3;
    // Intel loads all four page-directory pointers at once, the first one first.
    if (pointer && m.nested === 'ept') nested(m, table, 'read', 'walk', true);
    const hpa = m.nested === 'none' ? gpa : nested(m, gpa, 'read', 'walk', true);
    const value = load(m, hpa, bytes);
    if (!bit(value, 0)) fault(0);
    if (!small) {
      const high = m.guestLevels === 3 ? 62 : 51;
      if (m.maxphyaddr <= high && bits(value, high, m.maxphyaddr) !== 0n) fault(9);
      if (bit(value, 63) && (!m.nxe || pointer)) fault(9);
      if (pointer && (value & 0x1e6n) !== 0n) fault(9);
    }
    if (!pointer) {
      used.push({ hpa, gpa, bytes, value });
      user &&= bit(value, 2);
      writable &&= bit(value, 1);
      executable &&= small || !bit(value, 63);
    }
    const large = !pointer && level > 1 && bit(value, 7) && (!small || m.pse);
    if (large) {
      if (level > 3 || (level === 3 && !m.p1g)) fault(9);
      if (small ? bit(value, 21) : bits(value, 12 + (level - 1) * 9 - 1, 13) !== 0n) fault(9);
      if (small && m.maxphyaddr < 40 && bits(value, 20, m.maxphyaddr - 32 + 13) !== 0n) fault(9);
    }
    if (level > 1 && !large) {
      table = small ? value & 0xffff_f000n : value & 0xf_ffff_ffff_f000n;
      continue;
    }
    const key = m.pkru === null || !user ? 0 : (m.pkru >>> (Number(bits(value, 62, 59)) * 2)) & 3;
    const supervisorRules = !m.user;
    if (kind === 'fetch') {
      if (!executable || (m.user && !user) || (supervisorRules && user && m.smep)) fault(1);
    } else {
      // PK is reported whatever else refuses the access.
      const keyed = (key & 1) !== 0 || (writes(kind) && (key & 2) !== 0 && (m.user || m.wp));
      const userRule = m.user ? !user : user && m.smap && !m.ac;
      const writeRule = writes(kind) && !writable && (m.user || m.wp);
      if (keyed || userRule || writeRule) fault(keyed ? 0x21 : 1);
    }
    used.forEach((entry, i) => {
      const leaf = i === used.length - 1;
      const set = entry.value | 0x20n | (leaf && writes(kind) ? 0x40n : 0n);
      if (set === entry.value) return;
      if (m.nested === 'ept' && !m.eptAd) nested(m, entry.gpa, 'rmw', 'walk', true);
      store(m, entry.hpa, entry.bytes, set);
    });
    if (small && large) {
      return (bits(value, 31, 22) << 22n) | (bits(value, 20, 13) << 32n) | bits(la, 21, 0);
    }
    const shift = BigInt(12 + (level - 1) * 9);
    const base = small ? value & 0xffff_f000n : value & 0xf_ffff_ffff_f000n;
    return ((base >> shift) << shift) | (la & ((1n << shift) - 1n));
  }
}

function nested(m: ReferenceMachine, gpa: bigint, kind: Kind, why: 'final' | 'walk', linear: boolean): bigint {
  if (m.nested === 'none') return gpa;
  return m.nested === 'ept' ? ept(m, gpa, kind, why, linear) : npt(m, gpa, kind, why);
}

function ept(m: ReferenceMachine, gpa: bigint, kind: Kind, why: 'final' | 'walk', linear: boolean): bigint {
  const wants =
    (kind === 'read' || kind === 'rmw' ? 1 : 0) |
    (writes(kind) ? 2 : 0) |
    (kind === 'fetch' ? 4 : 0) |
    (why === 'walk' && m.eptAd ? 3 : 0);
  const violation = (rights: number): never => {
    const qualification = wants | (rights << 3) | (linear ? 0x80 : 0) | (why === 'final' ? 0x100 : 0);
    throw new Leave({ to: 'violation', gpa, qualification });
  };
  const misconfig = (): never => {
    throw new Leave({ to: 'misconfig', gpa });
  };
  if (m.nestedLevels === 4 && gpa >> 48n !== 0n) violation(0);
  let table = BigInt(m.nestedRoot) << 12n;
  let rights = 7;
  const used: { hpa: bigint; value: bigint }[] = [];
  for (let level = m.nestedLevels; ; level--) {
    const hpa = table + bits(gpa, 12 + level * 9 - 1, 12 + (level - 1) * 9) * 8n;
    const value = load(m, hpa, 8);
    const rwx = Number(value & 7n);
    if (rwx === 0) violation(0);
    if (rwx === 2 || rwx === 6 || (rwx === 4 && !m.executeOnly)) misconfig();
    if (m.maxphyaddr < 52 && bits(value, 51, m.maxphyaddr) !== 0n) misconfig();
    const large = bit(value, 7) && (level === 2 || (level === 3 && m.p1g));
    rights &= rwx;
    used.push({ hpa, value });
    if (level === 1 || large) {
      if ([2n, 3n, 7n].includes(bits(value, 5, 3))) misconfig();
      if (large && bits(value, 12 + (level - 1) * 9 - 1, 12) !== 0n) misconfig();
      if ((rights & wants) !== wants) violation(rights);
      if (m.eptAd) {
        used.forEach((entry, i) => {
          const set = entry.value | 0x100n | (i === used.length - 1 && (wants & 2) !== 0 ? 0x200n : 0n);
          store(m, entry.hpa, 8, set);
        });
      }
      const shift = BigInt(12 + (level - 1) * 9);
      return (((value & 0xf_ffff_ffff_f000n) >> shift) << shift) | (gpa & ((1n << shift) - 1n));
    }
    if (bits(value, 6, 3) !== 0n || bit(value, 7)) misconfig();
    table = value & 0xf_ffff_ffff_f000n;
  }
}

function npt(m: ReferenceMachine, gpa: bigint, kind: Kind, why: 'final' | 'walk'): bigint {
  const write = writes(kind) || why === 'walk';
  const fault = (code: number): never => {
    const access = (write ? 2 : 0) | 4 | (kind === 'fetch' ? 16 : 0);
    throw new Leave({ to: 'npf', gpa, info: BigInt(code | access) | (why === 'final' ? 1n << 32n : 1n << 33n) });
  };
  if (m.nestedLevels === 4 && gpa >> 48n !== 0n) fault(0);
  let table = BigInt(m.nestedRoot) << 12n;
  let user = true;
  let writable = true;
  let executable = true;
  const used: { hpa: bigint; value: bigint }[] = [];
  for (let level = m.nestedLevels; ; level--) {
    const hpa = table + bits(gpa, 12 + level * 9 - 1, 12 + (level - 1) * 9) * 8n;
    const value = load(m, hpa, 8);
    if (!bit(value, 0)) fault(0);
    if (m.maxphyaddr < 52 && bits(value, 51, m.maxphyaddr) !== 0n) fault(9);
    user &&= bit(value, 2);
    writable &&= bit(value, 1);
    executable &&= !bit(value, 63);
    used.push({ hpa, value });
    const large = level > 1 && bit(value, 7);
    if (level === 1 || large) {
      if (level > 3 || (level === 3 && !m.p1g)) fault(9);
      if (large && bits(value, 12 + (level - 1) * 9 - 1, 13) !== 0n) fault(9);
      if (!user || (write && !writable) || (kind === 'fetch' && !executable)) fault(1);
      used.forEach((entry, i) => {
        store(m, entry.hpa, 8, entry.value | 0x20n | (i === used.length - 1 && write ? 0x40n : 0n));
      });
      const shift = BigInt(12 + (level - 1) * 9);
      return (((value & 0xf_ffff_ffff_f000n) >> shift) << shift) | (gpa & ((1n << shift) - 1n));
    }
    table = value & 0xf_ffff_ffff_f000n;
  }
}
