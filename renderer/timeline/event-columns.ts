import type { LabReply } from '../../host/contract/lab.ts';
import { bytesOf } from './base64.ts';
import { RisingColumn } from './rising-column.ts';

/** Events of a piece but the last, as a power of two: as many as one call brings. */
const PIECE_SHIFT = 16;

/** When the events of one run were, as columns, filled from the front while they are read. Their arguments are read where they are looked at. */
export interface EventColumns {
  readonly total: number;
  /** Events of a piece but the last. */
  readonly piece: number;
  readonly kind: Uint8Array;
  /** Number of the access, from 1. */
  readonly access: RisingColumn;
  /** Simulated clock, cycles. */
  readonly cycles: RisingColumn;
  /** Events filled in so far. */
  loaded: number;
}

export const newColumns = (total: number, shift = PIECE_SHIFT): EventColumns => ({
  total,
  piece: 2 ** shift,
  kind: new Uint8Array(total),
  access: new RisingColumn(shift),
  cycles: new RisingColumn(shift),
  loaded: 0,
});

/** Puts a piece where it belongs. Pieces come in order, each whole. */
export function fillColumns(columns: EventColumns, piece: LabReply<'events.read'>): void {
  const { loaded, total } = columns;
  const { from, count } = piece;
  if (piece.total !== total || count === 0) throw new Error('the events ended early');
  if (from !== loaded || count !== Math.min(columns.piece, total - from)) throw new Error('events came out of order');
  columns.kind.set(bytesOf(piece.kind, count), from);
  columns.access.push(piece.access, count);
  columns.cycles.push(piece.cycles, count);
  columns.loaded = from + count;
}
