import { GfnIndex } from './gfn-index.ts';
import { PageStore } from './page-store.ts';

/** A memory slot as userspace set it. Pages are numbered: guest frame numbers and host virtual page numbers. */
interface Region {
  readonly slot: number;
  readonly gfn: number;
  readonly pages: number;
  readonly hvaPage: number;
  readonly readonly: boolean;
}

/** What stands behind a guest page: two low bits of a page entry; the rest is the frame in the page store. */
export const BACKING = Object.freeze({ NONE: 1, RAM: 2, READONLY: 3 });

/** Page of an address below 2^64 that is page aligned; a number, exact below 2^53. */
const pageOf = (address: bigint): number => Number(address >> 12n);

/**
 * Guest-physical memory as userspace declared it: RAM, read-only RAM, and nothing (MMIO). Contents live with the host mapping, so a
 * slot that is deleted and made again over the same host address has its bytes again (KVM API, KVM_SET_USER_MEMORY_REGION).
 */
export class MemoryMap {
  readonly store = new PageStore();
  private readonly index = new GfnIndex();
  private regions: Region[] = [];
  private readonly past: Region[] = [];
  private aliased = false;

  /** A slot is created, moved, changed, or (size 0) deleted: what KVM_SET_USER_MEMORY_REGION did when it returned 0. Bytes. */
  setRegion(slot: number, gpa: bigint, size: bigint, hva: bigint, readonly: boolean): void {
    const old = this.regions.find((region) => region.slot === slot);
    if (old !== undefined) {
      this.regions = this.regions.filter((region) => region !== old);
      this.past.push(old);
      this.index.clear(old.gfn, old.pages);
    }
    if (size !== 0n) {
      const region = { slot, gfn: pageOf(gpa), pages: pageOf(size), hvaPage: pageOf(hva), readonly };
      this.regions.push(region);
      this.index.clear(region.gfn, region.pages);
    }
    this.aliased = this.regions.some((a, i) =>
      this.regions.some((b, j) => i < j && a.hvaPage < b.hvaPage + b.pages && b.hvaPage < a.hvaPage + a.pages),
    );
  }

  /** Page entry of the page that holds a guest-physical address: BACKING in bits 1:0, the frame above. Never 0. */
  lookup(hi: number, lo: number): number {
    const entry = this.index.at(hi, lo);
    return entry !== 0 ? entry : this.resolve((hi >>> 0) * 0x100000 + (lo >>> 12));
  }

  read(entry: number, lo: number, count: number, out: Int32Array, at: number): void {
    this.store.read(entry >>> 2, lo & 0xfff, count, out, at);
  }

  /** Stores bytes to the page of an entry with a backing; true when the page is one that guest page walks read. */
  write(entry: number, hi: number, lo: number, count: number, from: Int32Array, at: number): boolean {
    const frame = entry >>> 2 !== 0 ? entry >>> 2 : this.makeFrame(hi, lo);
    this.store.write(frame, lo & 0xfff, count, from, at);
    return this.store.isTable[frame] === 1;
  }

  /** True when a slot that no longer exists, or no longer there, once backed the address. */
  wasBacked(hi: number, lo: number): boolean {
    const gfn = (hi >>> 0) * 0x100000 + (lo >>> 12);
    return this.past.some((region) => gfn >= region.gfn && gfn < region.gfn + region.pages);
  }

  /** Calls `visit` for every guest page that is backed and was ever written. */
  forEachPage(visit: (gfn: number, frame: number) => void): void {
    this.store.forEach((hvaPage, frame) => {
      for (const region of this.regions) {
        const page = hvaPage - region.hvaPage;
        if (page >= 0 && page < region.pages) visit(region.gfn + page, frame);
      }
    });
  }

  private resolve(gfn: number): number {
    const region = this.find(gfn);
    const entry =
      region === undefined
        ? BACKING.NONE
        : this.store.find(region.hvaPage + gfn - region.gfn) * 4 + (region.readonly ? BACKING.READONLY : BACKING.RAM);
    this.index.set(gfn, entry);
    return entry;
  }

  private makeFrame(hi: number, lo: number): number {
    const gfn = (hi >>> 0) * 0x100000 + (lo >>> 12);
    const region = this.find(gfn)!;
    const frame = this.store.make(region.hvaPage + gfn - region.gfn);
    if (this.aliased) this.index.clearAll();
    else this.index.set(gfn, frame * 4 + (region.readonly ? BACKING.READONLY : BACKING.RAM));
    return frame;
  }

  private find(gfn: number): Region | undefined {
    return this.regions.find((region) => gfn >= region.gfn && gfn < region.gfn + region.pages);
  }
}
