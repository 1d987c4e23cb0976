import { type TagArray, RECORD } from './tag-array.ts';

const { BASE, FLAGS, STRIDE } = RECORD;

/**
 * The unified page-table cache (AMD; Barr's "unified page table cache", with nested entries as Bhargava describes): paging-structure
 * entries that lead to another table, keyed by their own host-physical address. An owner (the guest's context, or the nested root) and
 * the dimension are part of the key, so that an invalidation drops exactly what it must. Leaves are left to the TLBs.
 */
export const NESTED = 0;
export const GUEST = 1;

/** High tag word: owner in bits 26:9, upper bits of the frame in 8:1, dimension in bit 0. */
const ownerTag = (owner: number, table: number, dimension: number): number =>
  (owner << 9) | ((table >>> 23) << 1) | dimension;

/** Slot of entry `index` of a table, or 0; a look that marks nothing as used. */
export function peekTable(cache: TagArray, table: number, index: number, owner: number, dimension: number): number {
  const tag = ownerTag(owner, table, dimension);
  return cache.find(0, (table << 9) | index, tag, tag);
}

/** Slot of entry `index` of a table, or 0. */
export function findTable(cache: TagArray, table: number, index: number, owner: number, dimension: number): number {
  const slot = peekTable(cache, table, index, owner, dimension);
  if (slot !== 0) cache.touch(slot);
  return slot;
}

export function storeTable(
  cache: TagArray,
  table: number,
  index: number,
  owner: number,
  dimension: number,
  hi: number,
  lo: number,
): void {
  const slot = cache.insert(0, 0, (table << 9) | index, ownerTag(owner, table, dimension));
  if (slot === 0) return;
  cache.cells[slot * STRIDE + BASE] = lo;
  cache.cells[slot * STRIDE + FLAGS] = hi;
}

/** Owner of a high tag word. */
export const tableOwner = (tag: number): number => tag >>> 9;
/** Dimension of a high tag word. */
export const tableDimension = (tag: number): number => tag & 1;
