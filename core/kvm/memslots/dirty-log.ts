import { ERRNO } from '../io/errno.ts';
import type { Memslots } from './memslots.ts';
import type { SlotObserver } from './slot-observer.ts';

/** mark_page_dirty_in_slot: sets the bit of a guest frame where the slot logs. Returns true when the bit was clear. */
export function markDirty(slots: Memslots, row: number, gfn: number): boolean {
  const bitmap = slots.table.bitmaps[row];
  if (bitmap === undefined) return false;
  const page = gfn - slots.table.baseGfn[row]!;
  const word = Math.floor(page / 32);
  const bit = 1 << (page % 32);
  if ((bitmap[word]! & bit) !== 0) return false;
  bitmap[word]! |= bit;
  return true;
}

export interface DirtyLog {
  /** OK; EINVAL for a slot number KVM does not have; ENOENT for no such slot or one that does not log. */
  readonly errno: number;
  /** One bit a page, 32 a word; empty unless OK. */
  readonly bitmap: Uint32Array;
}

/** KVM_GET_DIRTY_LOG: takes the bitmap, clears it, and has every page taken protected again. */
export function getDirtyLog(slots: Memslots, observer: SlotObserver, slot: number): DirtyLog {
  const none = new Uint32Array(0);
  const space = slot >>> 16;
  const id = slot & 0xffff;
  if (space >= slots.policy.addressSpaces || id >= slots.policy.userSlots) return { errno: ERRNO.EINVAL, bitmap: none };
  const row = slots.table.rowOf(space, id);
  const bitmap = row < 0 ? undefined : slots.table.bitmaps[row];
  if (bitmap === undefined) return { errno: ERRNO.ENOENT, bitmap: none };
  const taken = bitmap.slice();
  let flush = false;
  for (let word = 0; word < taken.length; word++) {
    if (taken[word] === 0) continue;
    flush = true;
    bitmap[word] = 0;
    observer.dirtyLogTaken(row, word, taken[word]!);
  }
  if (flush) observer.flushAfterDirtyLog(row);
  return { errno: ERRNO.OK, bitmap: taken };
}

/** Page numbers within the slot whose bits are set. */
export function dirtyPages(bitmap: Uint32Array): number[] {
  const pages: number[] = [];
  bitmap.forEach((word, at) => {
    for (let bit = 0; bit < 32; bit++) if ((word & (1 << bit)) !== 0) pages.push(at * 32 + bit);
  });
  return pages;
}
