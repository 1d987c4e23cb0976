import type { PackedColumn } from '../contract/lab.ts';

const base64 = ({ buffer, byteLength }: Uint16Array | Uint32Array | Float64Array): string =>
  Buffer.from(buffer as ArrayBuffer, 0, byteLength).toString('base64');

/**
 * Numbers that never fall, in as few bits as hold each of them exactly: as multiples of `unit` above the first one, or as they are when
 * one is no such multiple or too far off.
 */
export function packRising(values: Float64Array, unit: number): PackedColumn {
  const start = values[0] ?? 0;
  const most = Math.round(((values.at(-1) ?? 0) - start) / unit);
  if (most < 2 ** 32) {
    const cells = most < 2 ** 16 ? new Uint16Array(values.length) : new Uint32Array(values.length);
    let exact = true;
    for (let n = 0; n < values.length; n++) {
      cells[n] = (values[n]! - start) / unit;
      if (start + unit * cells[n]! !== values[n]) {
        exact = false;
        break;
      }
    }
    if (exact) return { start, unit, bits: cells instanceof Uint16Array ? 16 : 32, data: base64(cells) };
  }
  return { start: 0, unit: 1, bits: 64, data: base64(values.slice()) };
}
