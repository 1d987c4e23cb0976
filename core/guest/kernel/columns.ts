/** A copy of a column with room for `length` cells; new cells hold 0. */
export function widened<T extends Int32Array | Uint8Array | Float64Array>(column: T, length: number): T {
  const wider = new (column.constructor as new (length: number) => T)(length);
  wider.set(column);
  return wider;
}
