import { bigHi, bigLo } from '../base/words.ts';
import type { MapOp, PageSize, PagingMode } from '../guest/setup.ts';

/**
 * Builds a guest's page tables where a guest keeps them: in guest-physical memory. Entry formats are the architecture's
 * (Intel SDM vol. 3, "Paging"): P 0, R/W 1, U/S 2, A 5, D 6, PS 7, G 8, protection key 62:59, XD 63.
 * Used for set-up only; a script that edits a page table later does so with ordinary stores.
 */
export interface GuestMemory {
  /** Reads `bytes` (4 or 8) at a guest-physical address. */
  read(gpa: bigint, bytes: number): bigint;
  write(gpa: bigint, bytes: number, value: bigint): void;
}

const PAGE_BYTES: Record<PageSize, bigint> = { '4K': 1n << 12n, '2M': 1n << 21n, '1G': 1n << 30n };
const P = 1n;
const RW = 2n;
const US = 4n;
const PS = 1n << 7n;
const G = 1n << 8n;
const XD = 1n << 63n;

interface Shape {
  readonly levels: number;
  readonly entryBytes: number;
  /** Index bits of a level, 1 being the last. */
  readonly bits: (level: number) => number;
}

const SHAPES: Record<Exclude<PagingMode, 'none'>, Shape> = {
  '2-level': { levels: 2, entryBytes: 4, bits: () => 10 },
  pae: { levels: 3, entryBytes: 8, bits: (level) => (level === 3 ? 2 : 9) },
  '4-level': { levels: 4, entryBytes: 8, bits: () => 9 },
  '5-level': { levels: 5, entryBytes: 8, bits: () => 9 },
};

/** Level at which a page of this size is a leaf, or 0 where the mode has no such page. */
function leafLevel(mode: PagingMode, page: PageSize): number {
  if (page === '4K') return 1;
  if (page === '2M') return 2;
  return mode === '4-level' || mode === '5-level' ? 3 : 0;
}

export class GuestTables {
  readonly mode: Exclude<PagingMode, 'none'>;
  readonly root: bigint;
  private next: bigint;
  private readonly limit: bigint;
  private readonly shape: Shape;
  private readonly memory: GuestMemory;

  /** Tables are taken from [base, limit) upwards; the root is the first. */
  constructor(mode: Exclude<PagingMode, 'none'>, base: bigint, limit: bigint, memory: GuestMemory) {
    this.mode = mode;
    this.shape = SHAPES[mode];
    this.memory = memory;
    this.next = base;
    this.limit = limit;
    this.root = this.allocate();
  }

  /** Maps [gva, gva + size); returns a sentence when it cannot. */
  map(op: MapOp): string | null {
    const level = leafLevel(this.mode, op.page);
    if (level === 0) return `${this.mode} paging has no ${op.page} pages`;
    const bytes = this.mode === '2-level' && op.page === '2M' ? 1n << 22n : PAGE_BYTES[op.page];
    const { size } = op;
    const { entryBytes } = this.shape;
    if (op.pkey !== 0 && this.shape.levels < 4)
      return `protection keys need 4-level paging: ${this.mode} paging has no room for pkey ${op.pkey}`;
    if (op.gva % bytes !== 0n || op.gpa % bytes !== 0n || size % bytes !== 0n) {
      return `a ${op.page} mapping needs gva, gpa and size in multiples of 0x${bytes.toString(16)}`;
    }
    const flags = leafFlags(op, level, entryBytes);
    const entries = 1n << BigInt(this.shape.bits(level));
    const step = BigInt(entryBytes);
    for (let at = 0n; at < size;) {
      // One walk for all the entries that share a table.
      let slot = this.entryOf(op.gva + at, level, true);
      if (slot === null) return 'no room for page tables: give vm.paging() a larger or emptier RAM region';
      const inTable = entries - ((BigInt.asUintN(64, op.gva + at) / bytes) & (entries - 1n));
      const until = at + inTable * bytes < size ? at + inTable * bytes : size;
      for (; at < until; at += bytes, slot += step)
        this.memory.write(slot, entryBytes, op.present ? (op.gpa + at) | flags : 0n);
    }
    return null;
  }

  /** Clears the leaf entries of [gva, gva + size) at 4 KiB steps; missing tables are left missing. */
  unmap(gva: bigint, size: bigint): void {
    for (let at = gva; at < gva + size; at += 4096n) {
      const slot = this.leafOf(at);
      if (slot !== null) this.memory.write(slot, this.shape.entryBytes, 0n);
    }
  }

  /** Guest-physical address of the entry that a page of `level` has for gva; builds missing tables when asked. */
  entryOf(gva: bigint, level: number, build: boolean): bigint | null {
    let table = this.root;
    for (let at = this.shape.levels; at > level; at--) {
      const slot = this.slot(table, gva, at);
      const entry = this.memory.read(slot, this.shape.entryBytes);
      if ((entry & P) !== 0n) {
        if (at > 1 && (entry & PS) !== 0n && !(this.mode === 'pae' && at === 3)) return null;
        table = entry & this.addressMask();
        continue;
      }
      if (!build || this.next >= this.limit) return null;
      const fresh = this.allocate();
      const flags = this.mode === 'pae' && at === 3 ? P : P | RW | US;
      this.memory.write(slot, this.shape.entryBytes, fresh | flags);
      table = fresh;
    }
    return this.slot(table, gva, level);
  }

  private leafOf(gva: bigint): bigint | null {
    for (let level = 1; level <= 3; level++) {
      const slot = level < this.shape.levels || level === 1 ? this.entryOf(gva, level, false) : null;
      if (slot !== null) return slot;
    }
    return null;
  }

  private slot(table: bigint, gva: bigint, level: number): bigint {
    let shift = 12n;
    for (let l = 1; l < level; l++) shift += BigInt(this.shape.bits(l));
    const index = (BigInt.asUintN(64, gva) >> shift) & ((1n << BigInt(this.shape.bits(level))) - 1n);
    return table + index * BigInt(this.shape.entryBytes);
  }

  private allocate(): bigint {
    const page = this.next;
    this.next += 4096n;
    return page;
  }

  private addressMask(): bigint {
    return this.shape.entryBytes === 4 ? 0xffff_f000n : 0x000f_ffff_ffff_f000n;
  }
}

function leafFlags(op: MapOp, level: number, entryBytes: number): bigint {
  let flags = P;
  if (op.writable) flags |= RW;
  if (op.user) flags |= US;
  if (op.global) flags |= G;
  if (level > 1) flags |= PS;
  if (entryBytes === 8) {
    flags |= BigInt(op.pkey) << 59n;
    if (!op.execute) flags |= XD;
  }
  return flags;
}

/** Entries that all mappings of a set-up may write: 64 GiB in 4 KiB pages. */
const MOST_ENTRIES = 1n << 24n;

/** A sentence when mapping these ranges is more work than a set-up should be, null when it is not. */
export function tooManyPages(ranges: readonly { size: bigint; page: PageSize }[]): string | null {
  let entries = 0n;
  for (const { size, page } of ranges) {
    entries += size / PAGE_BYTES[page];
    if (entries <= MOST_ENTRIES) continue;
    const tables = (size / PAGE_BYTES[page] + 511n) / 512n;
    const larger = page === '1G' ? 'map less' : `give map: '${page === '4K' ? '2M' : '1G'}', or map less`;
    return `mapping ${sizeText(size)} in ${PAGE_TEXT[page]} pages needs ${tables} tables: ${larger}`;
  }
  return null;
}

const PAGE_TEXT: Record<PageSize, string> = { '4K': '4 KiB', '2M': '2 MiB', '1G': '1 GiB' };

/** A size in the largest unit that divides it. */
function sizeText(size: bigint): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let unit = 0;
  let left = size;
  for (; unit < units.length - 1 && left % 1024n === 0n; unit++) left /= 1024n;
  return `${left} ${units[unit]!}`;
}

/** Pages of tables that mapping [gva, gva + size) needs at most, for reserving room. */
export function tablePages(mode: PagingMode, ranges: readonly { gva: bigint; size: bigint; page: PageSize }[]): number {
  if (mode === 'none') return 0;
  const tables = new Set<string>();
  const shape = SHAPES[mode];
  for (const range of ranges) {
    let shift = 12n;
    for (let level = 1; level < shape.levels; level++) {
      shift += BigInt(shape.bits(level));
      if (level < leafLevel(mode, range.page)) continue;
      const first = BigInt.asUintN(64, range.gva) >> shift;
      const last = BigInt.asUintN(64, range.gva + range.size - 1n) >> shift;
      for (let at = first; at <= last; at++) tables.add(`${level}:${at}`);
    }
  }
  return tables.size + 1;
}

/** CR3 words of a root. */
export const rootWords = (root: bigint): { hi: number; lo: number } => ({ hi: bigHi(root), lo: bigLo(root) });
