import type { TagArray } from './tag-array.ts';

// The nested TLB: guest-physical page to host frame. Both walkers look into it and fill it by themselves, in the same words: with that
// written once, in a function of this file, an access that walks took 2 to 5 % longer (test/bench/cpu.ts, "reserved bit", "warm walk").

/** High tag word of a guest-physical mapping: the nested root's id, and bits 51:44 of the guest-physical address. */
export const nestedTag = (rootId: number, gfnHi: number): number => (rootId << 8) | gfnHi;
/** Nested root of such a tag. */
export const rootOfNestedTag = (tag: number): number => tag >>> 8;

/** Slot that translates a guest frame, whatever its size, or 0; a look that marks nothing as used. */
export function findNestedPage(tags: TagArray, tag: number, gfnLo: number): number {
  const slot = tags.find(0, gfnLo, tag, tag);
  if (slot !== 0) return slot;
  const large = tags.find(1, gfnLo, tag, tag);
  return large !== 0 ? large : tags.find(2, gfnLo, tag, tag);
}

/** Drops whatever translates a guest frame. */
export function dropNestedPage(tags: TagArray, tag: number, gfnLo: number): void {
  for (let slot = findNestedPage(tags, tag, gfnLo); slot !== 0; slot = findNestedPage(tags, tag, gfnLo))
    tags.drop(slot);
}
