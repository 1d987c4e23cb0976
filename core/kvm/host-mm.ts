import { assert } from '../base/assert.ts';
import type { StateSet } from '../base/state.ts';
import type { HostMemory } from '../memory/host-memory.ts';

/** Pages of a host page, by level: 1 (4 KiB), 2 (2 MiB), 3 (1 GiB). */
const PAGES_OF_LEVEL = [0, 1, 512, 512 * 512] as const;
const CHUNK = 512;
/** Mark of a host page that was reclaimed: its contents are kept, and it has to be faulted in again. */
const RECLAIMED = 1 << 30;

/** No mapping there, or a write to a read-only one. */
export const HVA_BAD = -1;

interface Area {
  readonly first: number;
  readonly pages: number;
  readonly level: number;
  readonly writable: boolean;
  /** Host frame of each host page, by chunks made on first use; 0 not faulted in. */
  readonly chunks: (Int32Array | undefined)[];
}

/**
 * The VMM's address space as KVM sees it: host virtual pages, and the host frames behind them. A frame is taken from host memory when a
 * page is first faulted in (get_user_pages). Pages are numbers of 4 KiB pages of host virtual addresses, exact as doubles.
 */
export class HostMm {
  /** Counts changes, so that a loop which still faults pages in is seen to change the machine. */
  private readonly epoch = new Int32Array(1);
  private readonly areas: Area[] = [];
  private last: Area | undefined;
  private readonly memory: HostMemory;

  constructor(memory: HostMemory) {
    this.memory = memory;
  }

  /** Changes whenever a page gets or loses its frame. */
  get changes(): number {
    return this.epoch[0]!;
  }

  register(state: StateSet): void {
    state.addState(() => [this.epoch]);
  }

  /** mmap(): `level` is the size of the host pages. The range must be free. */
  map(first: number, pages: number, level: number, writable = true): void {
    assert(this.isFree(first, pages), 'mmap over a mapping');
    this.areas.push({ first, pages, level, writable, chunks: [] });
    this.epoch[0]!++;
  }

  /** True when no mapping lies in the range. */
  isFree(first: number, pages: number): boolean {
    return !this.areas.some((area) => first < area.first + area.pages && area.first < first + pages);
  }

  /** mmap() of what is still free of a range, in pages of 4 KiB: slots may share a part of their host memory. */
  mapRest(first: number, pages: number): void {
    const end = first + pages;
    const taken = this.areas.filter((area) => area.first < end && area.first + area.pages > first);
    let at = first;
    for (const area of taken.sort((a, b) => a.first - b.first)) {
      if (area.first > at) this.map(at, area.first - at, 1);
      at = Math.max(at, area.first + area.pages);
    }
    if (at < end) this.map(at, end - at, 1);
  }

  /** Level of the host page that holds this page (host_pfn_mapping_level); 1 where nothing is mapped. */
  level(page: number): number {
    return this.areaOf(page)?.level ?? 1;
  }

  /** get_user_pages: the host frame of a page, taken from memory on first use; HVA_BAD without a (writable) mapping. */
  fault(page: number, write: boolean): number {
    const area = this.areaOf(page);
    if (area === undefined || (write && !area.writable)) return HVA_BAD;
    const size = PAGES_OF_LEVEL[area.level]!;
    const unit = Math.floor(page / size) - Math.floor(area.first / size);
    const chunk = (area.chunks[Math.floor(unit / CHUNK)] ??= new Int32Array(CHUNK));
    const at = unit % CHUNK;
    if (chunk[at] === 0 || (chunk[at]! & RECLAIMED) !== 0) {
      chunk[at] = chunk[at] === 0 ? this.takeFrames(size) : this.bringBack(chunk[at]! & ~RECLAIMED, size);
      this.epoch[0]!++;
    }
    return chunk[at]! + (page % size);
  }

  /** True when the mapping may be written. */
  writable(page: number): boolean {
    return this.areaOf(page)?.writable ?? false;
  }

  /** get_user_pages_fast_only: the host frame of a page that is faulted in, or 0. */
  present(page: number): number {
    const frame = this.kept(page);
    return frame <= 0 || (frame & RECLAIMED) !== 0 ? 0 : frame;
  }

  /** The host frame that holds a page's contents, reclaimed or not; 0 for a page that was never touched, HVA_BAD without a mapping. */
  peek(page: number): number {
    const frame = this.kept(page);
    return frame <= 0 ? frame : frame & ~RECLAIMED;
  }

  private kept(page: number): number {
    const area = this.areaOf(page);
    if (area === undefined) return HVA_BAD;
    const size = PAGES_OF_LEVEL[area.level]!;
    const unit = Math.floor(page / size) - Math.floor(area.first / size);
    const frame = area.chunks[Math.floor(unit / CHUNK)]?.[unit % CHUNK] ?? 0;
    return frame === 0 ? 0 : frame + (page % size);
  }

  /** The host takes pages away and keeps their contents (swap, migration). The caller has told KVM first. */
  reclaim(first: number, pages: number): void {
    for (const area of this.areas) {
      const size = PAGES_OF_LEVEL[area.level]!;
      const from = Math.max(first, area.first);
      const to = Math.min(first + pages, area.first + area.pages);
      for (let page = from; page < to; page += size - (page % size)) {
        const unit = Math.floor(page / size) - Math.floor(area.first / size);
        const chunk = area.chunks[Math.floor(unit / CHUNK)];
        if (chunk !== undefined && chunk[unit % CHUNK] !== 0) chunk[unit % CHUNK]! |= RECLAIMED;
      }
    }
    this.epoch[0]!++;
  }

  private areaOf(page: number): Area | undefined {
    const { last } = this;
    if (last !== undefined && page >= last.first && page < last.first + last.pages) return last;
    const found = this.areas.find((area) => page >= area.first && page < area.first + area.pages);
    if (found !== undefined) this.last = found;
    return found;
  }

  /** A reclaimed page of 4 KiB comes back in another frame, a huge one in its own. */
  private bringBack(old: number, size: number): number {
    if (size > 1) return old;
    const frame = this.memory.allocFrame();
    for (let w = 0; w < 1024; w++) this.memory.setWord(frame, w, this.memory.word(old, w));
    this.memory.freeFrame(old);
    return frame;
  }

  private takeFrames(size: number): number {
    return size === 1 ? this.memory.allocFrame() : this.memory.allocFrames(size, size);
  }
}
