import type { LabReply } from '../../host/contract/lab.ts';

/** Events of one run as columns, filled from the front while they are read. */
export interface EventColumns {
  readonly total: number;
  readonly kind: Uint8Array;
  /** Four an event. */
  readonly args: Int32Array;
  /** Number of the access, from 1. */
  readonly access: Float64Array;
  /** Simulated clock, cycles; never falls. */
  readonly cycles: Float64Array;
  /** Events filled in so far. */
  loaded: number;
}

export const newColumns = (total: number): EventColumns => ({
  total,
  kind: new Uint8Array(total),
  args: new Int32Array(total * 4),
  access: new Float64Array(total),
  cycles: new Float64Array(total),
  loaded: 0,
});

type Piece = LabReply<'events.read'>;

/** Puts a piece where it belongs. Pieces come in order. */
export function fillColumns(columns: EventColumns, piece: Piece): void {
  const { from, count } = piece;
  if (from !== columns.loaded || from + count > columns.total) throw new Error('events came out of order');
  columns.kind.set(bytesOf(piece.kind, count), from);
  columns.args.set(new Int32Array(bytesOf(piece.args, count * 16).buffer), from * 4);
  columns.access.set(new Float64Array(bytesOf(piece.access, count * 8).buffer), from);
  columns.cycles.set(new Float64Array(bytesOf(piece.cycles, count * 8).buffer), from);
  columns.loaded = from + count;
}

interface Base64Decoder {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

/** Bytes of base64 text; the platform's decoder is ten times as fast as the loop. */
function bytesOf(text: string, expected: number): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as Base64Decoder;
  let bytes: Uint8Array<ArrayBuffer>;
  if (fromBase64 !== undefined) bytes = fromBase64.call(Uint8Array, text);
  else {
    const binary = atob(text);
    bytes = new Uint8Array(binary.length);
    for (let n = 0; n < binary.length; n++) bytes[n] = binary.charCodeAt(n);
  }
  if (bytes.length !== expected) throw new Error('a column of events is too short');
  return bytes;
}
