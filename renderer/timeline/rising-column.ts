import type { PackedColumn } from '../../host/contract/lab.ts';
import { bytesOf } from './base64.ts';

/** Numbers by their place. */
export interface Places {
  at(place: number): number;
}

interface Piece {
  readonly start: number;
  readonly unit: number;
  readonly cells: Uint16Array | Uint32Array | Float64Array;
}

const CELLS = { 16: Uint16Array, 32: Uint32Array, 64: Float64Array } as const;

/** Numbers that never fall, kept in the bits they came in: two to eight bytes each. Grows piece by piece. */
export class RisingColumn implements Places {
  private readonly pieces: Piece[] = [];
  private readonly shift: number;
  private readonly mask: number;

  /** Every piece but the last has 2 to the power of `shift` numbers. */
  constructor(shift: number) {
    this.shift = shift;
    this.mask = 2 ** shift - 1;
  }

  /** Takes the next piece, of so many numbers. */
  push({ start, unit, bits, data }: PackedColumn, count: number): void {
    const bytes = bytesOf(data, (count * bits) / 8);
    this.pieces.push({ start, unit, cells: new CELLS[bits](bytes.buffer) });
  }

  /** NaN where nothing is. */
  at(place: number): number {
    const piece = this.pieces[place >>> this.shift];
    return piece === undefined ? Number.NaN : piece.start + piece.unit * piece.cells[place & this.mask]!;
  }
}
