import type { StateSet } from '../../base/state.ts';
import { entryHi, entryLo, frameOf, invertHi, invertLo, nxOf, PTE } from './entries.ts';
import { FRAME, Frames } from './frames.ts';
import type { Geometry } from './geometry.ts';
import { PageCache } from './page-cache.ts';
import type { KernelPort } from './port.ts';
import { Processes } from './processes.ts';
import type { KernelRelease } from './release.ts';
import { Stats } from './stats.ts';
import { PageTables } from './tables.ts';
import { Tlb } from './tlb.ts';
import { VM, VM_PROT, Vmas } from './vmas.ts';

/** What a guest kernel is built from. Frames are numbers of 4 KiB pages of guest-physical memory. */
export interface KernelSetup {
  readonly geometry: Geometry;
  readonly release: KernelRelease;
  /** CR4.PCIDE is set. */
  readonly pcid: boolean;
  /** The memory that the kernel hands out. */
  readonly firstFrame: number;
  readonly frames: number;
  /** Frame of the boot tables (swapper_pg_dir), whose kernel half every process shares. */
  readonly initPgd: number;
}

/** The memory management of one guest kernel: its columns, and what edits its tables. */
export class Mm {
  readonly setup: KernelSetup;
  readonly geometry: Geometry;
  readonly release: KernelRelease;
  readonly port: KernelPort;
  readonly stats = new Stats();
  readonly vmas = new Vmas();
  readonly processes = new Processes();
  readonly frames: Frames;
  readonly cache: PageCache;
  readonly tables: PageTables;
  readonly tlb: Tlb;
  /** 4 KiB pages of a huge page. */
  readonly hugePages: number;
  private readonly zeroFrame: number;

  constructor(port: KernelPort, setup: KernelSetup) {
    const { geometry, release, pcid, firstFrame, frames, initPgd } = setup;
    this.port = port;
    this.setup = setup;
    this.geometry = geometry;
    this.release = release;
    this.hugePages = 2 ** geometry.bits[1]!;
    this.frames = new Frames(firstFrame, frames, this.hugePages);
    this.zeroFrame = this.frames.alloc(FRAME.ZERO);
    this.cache = new PageCache(firstFrame);
    this.tables = new PageTables(port, geometry, this.frames, release, this.stats);
    this.tlb = new Tlb(port, this.processes, release, this.stats, pcid, initPgd);
  }

  register(set: StateSet): void {
    this.stats.register(set);
    this.vmas.register(set);
    this.processes.register(set);
    this.frames.register(set);
    this.cache.register(set);
    this.tlb.register(set);
  }

  /** Flags of an entry as the VMA's rights have it (vm_page_prot): writable at once only where it is shared. */
  flagsLo(vma: number): number {
    const flags = this.vmas.flags[vma]!;
    if ((flags & VM_PROT) === 0) return PTE.PROTNONE | PTE.A;
    const writable = (flags & (VM.WRITE | VM.SHARED)) === (VM.WRITE | VM.SHARED) ? PTE.RW : 0;
    return PTE.P | PTE.US | PTE.A | writable;
  }

  /** NX of an entry as the VMA has it; PROT_NONE entries have none. */
  flagsHi(vma: number): number {
    const flags = this.vmas.flags[vma]!;
    return (flags & VM_PROT) === 0 ? 0 : nxOf(this.geometry, (flags & VM.EXEC) !== 0);
  }

  /** pte_pfn of the entry last read. */
  frameInEntry(): number {
    const { hi, lo } = this.tables;
    return this.isInverted(lo) ? frameOf(invertHi(hi), invertLo(lo)) : frameOf(hi, lo);
  }

  /** Words of an entry: low flags, high flags, frame; inverted where it is PROT_NONE and the kernel does so. */
  pteHi(frame: number, flagsHi: number, flagsLo: number): number {
    const hi = entryHi(frame, flagsHi);
    return this.isInverted(flagsLo) ? invertHi(hi) : hi;
  }

  pteLo(frame: number, flagsLo: number): number {
    const lo = entryLo(frame, flagsLo);
    return this.isInverted(flagsLo) ? invertLo(lo) : lo;
  }

  /** Writes a leaf entry. */
  setPte(table: number, index: number, frame: number, flagsHi: number, flagsLo: number): void {
    this.tables.setPte(table, index, this.pteHi(frame, flagsHi, flagsLo), this.pteLo(frame, flagsLo));
  }

  /** The entry of the page of zeros. */
  setZeroPte(table: number, index: number, vma: number): void {
    const flags = (this.flagsLo(vma) & ~PTE.RW) | PTE.SPECIAL;
    this.setPte(table, index, this.zeroFrame, this.flagsHi(vma), flags);
  }

  /** A page gets a mapping: counted, and in the reverse map where it is a file's. */
  addMapping(frame: number, pid: number, page: number): void {
    this.frames.get(frame);
    if (this.frames.kind(frame) === FRAME.FILE) this.cache.map(frame, pid, page);
  }

  /** A page loses a mapping; its reference is still to be dropped. */
  removeMapping(frame: number, pid: number, page: number): void {
    if (this.frames.kind(frame) === FRAME.FILE) this.cache.unmap(frame, pid, page);
  }

  private isInverted(lo: number): boolean {
    return (
      this.release.invertsProtNone && this.geometry.entryBytes === 8 && (lo & (PTE.P | PTE.PROTNONE)) === PTE.PROTNONE
    );
  }
}
