import { rate, sequence } from './measure.ts';

/**
 * The bound of a row: the least work in plain typed arrays that touches memory as the row does. A hit: page to frame to word. A walk:
 * the dependent loads of the tables. An exit: the walk's loads and a few dozen array writes for the ledger.
 */
export function gatherBound(pages: number, loads: number, writes: number): number {
  const next = sequence(7);
  const count = 1 << 20;
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = next(pages);
  const tables = new Int32Array(Math.max(1024, pages));
  for (let i = 0; i < tables.length; i++) tables[i] = (i * 7919) % tables.length;
  const data = new Int32Array(pages * 16);
  const ledger = new Int32Array(256);
  let sink = 0;
  const result = rate(count, () => {
    const mask = tables.length;
    for (let i = 0; i < count; i++) {
      let at = order[i]!;
      for (let l = 0; l < loads; l++) at = tables[at % mask]!;
      for (let w = 0; w < writes; w++) ledger[(at + w) & 255]!++;
      sink = (sink + data[order[i]! * 16 + (at & 15)]!) | 0;
    }
  });
  if (sink === 123456789) throw new Error('the loop was optimised away');
  return result;
}
