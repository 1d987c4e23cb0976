import type { HostMemory } from '../memory/host-memory.ts';

/** Reads `size` bytes at `offset` of a frame (all in the frame) into little-endian words; bytes up to the next word are zero. */
export function loadOperand(memory: HostMemory, hfn: number, offset: number, size: number, out: Int32Array): void {
  if (!isBacked(memory, hfn)) {
    for (let w = 0; w * 4 < size; w++) out[w] = 0;
    return;
  }
  const shift = (offset & 3) * 8;
  const first = offset >> 2;
  for (let w = 0; w * 4 < size; w++) {
    let value = memory.word(hfn, first + w);
    if (shift !== 0) {
      const next = first + w + 1;
      const more = next < 1024 && offset + size > next * 4 ? memory.word(hfn, next) : 0;
      value = (value >>> shift) | (more << (32 - shift));
    }
    const left = size - w * 4;
    out[w] = left >= 4 ? value : value & ((1 << (left * 8)) - 1);
  }
}

/** Writes `size` bytes at `offset` of a frame (all in the frame). A frame that memory does not have swallows the store. */
export function storeOperand(memory: HostMemory, hfn: number, offset: number, size: number, from: Int32Array): void {
  if (!isBacked(memory, hfn)) return;
  if ((offset & 3) === 0 && (size & 3) === 0) {
    for (let w = 0; w * 4 < size; w++) memory.setWord(hfn, (offset >> 2) + w, from[w]!);
  } else memory.writeBytes(hfn, offset, size, from, 0);
}

/** True where host memory has this frame: paging entries may hold any address. */
export const isBacked = (memory: HostMemory, hfn: number): boolean => hfn >= 0 && hfn < memory.frames;
