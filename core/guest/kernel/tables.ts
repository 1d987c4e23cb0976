import { bigHi, bigLo } from '../../base/words.ts';
import { OP } from '../instruction.ts';
import { entryHi, entryLo, frameOf, isNone, PAE_POINTER_FLAGS, PTE, TABLE_FLAGS } from './entries.ts';
import { FRAME, type Frames } from './frames.ts';
import { type Geometry, spanOf } from './geometry.ts';
import { type KernelPort, WORK } from './port.ts';
import type { KernelRelease } from './release.ts';
import { STAT, type Stats } from './stats.ts';

/** Least and most bytes of one table page. */
const PAGE = 4096;

/**
 * Page tables as the kernel edits them: loads, stores and locked operations on entries, at the direct-map address of their frame. The
 * widths and the order of the halves are Linux's (asm/pgtable_64.h, pgtable-3level.h, pgtable-2level.h).
 */
export class PageTables {
  /** The entry last read. */
  hi = 0;
  lo = 0;
  /** Pages that an entry of each level spans. */
  readonly span: readonly number[];
  private readonly port: KernelPort;
  private readonly geometry: Geometry;
  private readonly frames: Frames;
  private readonly release: KernelRelease;
  private readonly stats: Stats;
  private readonly directHi: number;
  private readonly directLo: number;
  /** Entries are moved in two halves: PAE. */
  private readonly halves: boolean;

  constructor(port: KernelPort, geometry: Geometry, frames: Frames, release: KernelRelease, stats: Stats) {
    this.port = port;
    this.geometry = geometry;
    this.frames = frames;
    this.release = release;
    this.stats = stats;
    this.directHi = bigHi(geometry.direct) | 0;
    this.directLo = bigLo(geometry.direct) | 0;
    this.halves = geometry.mode === 'pae';
    this.span = [0, 1, 2, 3, 4, 5].map((level) => spanOf(geometry, level));
  }

  /** Index in a table of `level` for a page. */
  indexOf(page: number, level: number): number {
    return Math.floor(page / this.span[level]!) % 2 ** this.geometry.bits[level]!;
  }

  /** Reads the entry: one load, or low half and high half. */
  read(table: number, index: number): void {
    const { port } = this;
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * this.geometry.entryBytes;
    if (this.halves) {
      port.read(hi, lo, 4);
      this.lo = port.lo;
      port.read(hi, lo + 4, 4);
      this.hi = port.lo;
      return;
    }
    port.read(hi, lo, this.geometry.entryBytes);
    this.lo = port.lo;
    this.hi = this.geometry.entryBytes === 8 ? port.hi : 0;
  }

  /** set_pte: one store, or high half first. */
  setPte(table: number, index: number, entryHigh: number, entryLow: number): void {
    const { port } = this;
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * this.geometry.entryBytes;
    if (this.halves) {
      port.write(hi, lo + 4, 4, 0, entryHigh);
      port.write(hi, lo, 4, 0, entryLow);
    } else port.write(hi, lo, this.geometry.entryBytes, entryHigh, entryLow);
  }

  /** ptep_set_access_flags. */
  setAccessFlags(table: number, index: number, entryHigh: number, entryLow: number): void {
    if (!this.halves || this.release.accessFlags === 'set') return this.setPte(table, index, entryHigh, entryLow);
    this.port.write(this.gvaHi(table), this.gvaLo(table) + index * 8, 4, 0, entryLow);
  }

  /** pte_clear of an address space that nobody uses any more, and pmd_clear: one store, or low half first. */
  clear(table: number, index: number): void {
    const { port } = this;
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * this.geometry.entryBytes;
    if (this.halves) {
      port.write(hi, lo, 4, 0, 0);
      port.write(hi, lo + 4, 4, 0, 0);
    } else port.write(hi, lo, this.geometry.entryBytes, 0, 0);
  }

  /** ptep_get_and_clear: XCHG with 0; in PAE of the low half, then the high half is read and cleared. The old entry is in hi/lo. */
  take(table: number, index: number): void {
    const { port } = this;
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * this.geometry.entryBytes;
    if (!this.halves) {
      port.rmw(OP.XCHG, hi, lo, this.geometry.entryBytes, 0, 0);
      this.lo = port.lo;
      this.hi = this.geometry.entryBytes === 8 ? port.hi : 0;
      return;
    }
    port.rmw(OP.XCHG, hi, lo, 4, 0, 0);
    this.lo = port.lo;
    port.read(hi, lo + 4, 4);
    this.hi = port.lo;
    port.write(hi, lo + 4, 4, 0, 0);
  }

  /** set_pmd and the levels above: one store; in PAE set_64bit, a loop around CMPXCHG8B that succeeds at once. */
  setUpper(table: number, index: number, entryHigh: number, entryLow: number): void {
    if (!this.halves) return this.setPte(table, index, entryHigh, entryLow);
    this.read(table, index);
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * 8;
    this.port.cmpxchg(hi, lo, 8, entryHigh, entryLow, this.hi, this.lo);
  }

  /** ptep_set_wrprotect of the entry in hi/lo. */
  writeProtect(table: number, index: number): void {
    const { port, release, geometry } = this;
    const hi = this.gvaHi(table);
    const lo = this.gvaLo(table) + index * geometry.entryBytes;
    if (release.wrprotect === 'andb') port.rmw(OP.AND, hi, lo, 1, 0, ~PTE.RW & 0xff);
    else if (release.wrprotect === 'btr') port.rmw(OP.AND, hi, lo, 4, 0, ~PTE.RW);
    else {
      // try_cmpxchg of a long: the low half in PAE.
      const bytes = this.halves ? 4 : geometry.entryBytes;
      port.cmpxchg(hi, lo, bytes, this.hi, this.lo & ~PTE.RW, this.hi, this.lo);
    }
  }

  /** test_and_clear_bit of the accessed bit. */
  clearYoung(table: number, index: number): void {
    const { geometry, release } = this;
    const long = geometry.levels >= 4 ? release.bitopBytes : 4;
    const lo = this.gvaLo(table) + index * geometry.entryBytes;
    this.port.rmw(OP.AND, this.gvaHi(table), lo, long, -1, ~PTE.A);
  }

  /**
   * The table of `level` that a page's entry stands in, without building any: its frame, or -1 where an upper entry is none or a huge page
   * (then `hi`/`lo` is that entry).
   */
  find(pgd: number, page: number, level: number): number {
    let table = pgd;
    for (let at = this.geometry.levels; at > level; at--) {
      this.read(table, this.indexOf(page, at));
      if ((this.lo & PTE.P) === 0 || (at === 2 && (this.lo & PTE.PS) !== 0)) return -1;
      table = frameOf(this.hi, this.lo);
    }
    return table;
  }

  /** The same, with missing tables built; -1 when there is no frame for one. Not through a huge page. */
  build(pgd: number, page: number, level: number): number {
    let table = pgd;
    for (let at = this.geometry.levels; at > level; at--) {
      const index = this.indexOf(page, at);
      this.read(table, index);
      if (!isNone(this.hi, this.lo)) table = frameOf(this.hi, this.lo);
      else {
        const fresh = this.allocTable();
        if (fresh < 0) return -1;
        this.link(table, index, fresh, at);
        table = fresh;
      }
    }
    return table;
  }

  /** pmd_populate and the levels above: `table`'s entry of `level` points to `fresh`. */
  link(table: number, index: number, fresh: number, level: number): void {
    const flags = this.halves && level === 3 ? PAE_POINTER_FLAGS : TABLE_FLAGS;
    this.setUpper(table, index, entryHi(fresh, 0), entryLo(fresh, flags));
  }

  /** A zeroed page for a table; -1 when there is none. */
  allocTable(): number {
    return this.allocZeroed(FRAME.TABLE);
  }

  /** A page taken and zeroed by REP STOS (clear_page); -1 when there is none. */
  allocZeroed(kind: number): number {
    const frame = this.allocPage(kind);
    if (frame >= 0) this.zero(frame);
    return frame;
  }

  /** A page as it was left; -1 when there is none. */
  allocPage(kind: number): number {
    const frame = this.frames.alloc(kind);
    this.port.work(WORK.ALLOC_PAGE, 1);
    if (frame >= 0) this.stats.add(STAT.pgalloc);
    else this.port.fail('the guest kernel is out of memory: give vm.kernel() or the first vm.ram() more, or free some');
    return frame;
  }

  /** Drops a reference to a page. */
  put(frame: number): void {
    if (!this.frames.put(frame)) return;
    this.port.work(WORK.FREE_PAGE, 1);
    this.stats.add(STAT.pgfree);
  }

  zero(frame: number): void {
    const bytes = this.wordBytes();
    this.port.stos(this.gvaHi(frame), this.gvaLo(frame), bytes, PAGE / bytes);
  }

  /** copy_page by REP MOVS. */
  copy(to: number, from: number): void {
    this.copyPart(to, from, 0, PAGE);
  }

  /** Bytes [offset, offset + length) of a page. */
  copyPart(to: number, from: number, offset: number, length: number): void {
    const bytes = this.wordBytes();
    this.port.movs(
      this.gvaHi(to),
      this.gvaLo(to) + offset,
      this.gvaHi(from),
      this.gvaLo(from) + offset,
      bytes,
      length / bytes,
    );
  }

  private wordBytes(): number {
    return this.geometry.levels >= 4 ? 8 : 4;
  }

  /** Direct-map address of a frame. */
  private gvaHi(frame: number): number {
    return this.directHi + Math.floor(frame / 0x10_0000);
  }

  private gvaLo(frame: number): number {
    return ((frame % 0x10_0000) << 12) + this.directLo;
  }
}
