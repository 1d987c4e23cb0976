import type { Access } from './access.ts';
import { describeAccess } from './describe.ts';
import type { Expectation } from './expectation.ts';
import type { MemoryMap } from './memory-map.ts';
import { firstLeft, overlapping } from './match-pieces.ts';
import { PIECE, type Pieces } from './observation.ts';
import { describePiece, type Reporter } from './reporter.ts';

/** Judges signals, ring entries and exits that have no counterpart: what became of each, and why that is wrong. */
export class PieceJudge {
  private readonly reporter: Reporter;
  private readonly memory: MemoryMap;

  constructor(reporter: Reporter, memory: MemoryMap) {
    this.reporter = reporter;
    this.memory = memory;
  }

  judge(access: Access, exp: Expectation, seen: Pieces): void {
    const { pieces } = exp;
    for (let i = 0; i < pieces.length; i++) {
      if (pieces.matched[i] === 1) continue;
      const kind = pieces.kind[i]!;
      if (kind === PIECE.SIGNAL) this.lostSignal(access, exp, i, seen);
      else if (kind === PIECE.RING) this.lostRing(access, exp, i, seen);
      else if (kind === PIECE.MMIO_READ || kind === PIECE.PIO_IN) this.lostRead(access, exp, i, seen);
      else this.lostExit(access, exp, i, seen);
    }
    if (exp.resultKnown === 0) return;
    for (let j = 0; j < seen.length; j++) if (seen.matched[j] === 0) this.extra(access, exp, seen, j);
  }

  private lostSignal(access: Access, exp: Expectation, i: number, seen: Pieces): void {
    const fd = exp.pieces.fd[i]!;
    const piece = () => describePiece(exp.pieces, i);
    const ring = overlapping(seen, PIECE.RING, exp.pieces, i);
    const exit = this.exitOver(seen, exp.pieces, i);
    const other = firstLeft(seen, PIECE.SIGNAL);
    const words = () => ({ piece: piece() });
    if (ring >= 0) {
      seen.matched[ring] = 1;
      this.reporter.report('KICK_TO_RING', access, exp, { fd, words });
    } else if (exit >= 0) {
      seen.matched[exit] = 1;
      this.reporter.report('KICK_TO_USERSPACE', access, exp, { fd, words });
    } else if (other >= 0) {
      seen.matched[other] = 1;
      this.reporter.report('KICK_TO_OTHER', access, exp, { fd, other: seen.fd[other]!, words });
    } else this.reporter.report('KICK_LOST', access, exp, { fd, words });
  }

  private lostRing(access: Access, exp: Expectation, i: number, seen: Pieces): void {
    const words = () => ({ piece: describePiece(exp.pieces, i) });
    const exit = this.exitOver(seen, exp.pieces, i);
    const ring = overlapping(seen, PIECE.RING, exp.pieces, i);
    if (exit >= 0) {
      seen.matched[exit] = 1;
      this.reporter.report('RING_TO_USERSPACE', access, exp, { words });
    } else if (ring >= 0) {
      seen.matched[ring] = 1;
      const both = () => ({ want: describePiece(exp.pieces, i), got: describePiece(seen, ring) });
      this.reporter.report('WRONG_RING', access, exp, { words: both });
    } else if (!this.kicked(access, exp, i, seen)) this.reporter.report('RING_LOST', access, exp, { words });
  }

  private lostExit(access: Access, exp: Expectation, i: number, seen: Pieces): void {
    const { pieces } = exp;
    const exit = overlapping(seen, pieces.kind[i]!, pieces, i);
    const ring = overlapping(seen, PIECE.RING, pieces, i);
    if (exit >= 0) {
      seen.matched[exit] = 1;
      const words = () => ({ want: describePiece(pieces, i), got: describePiece(seen, exit) });
      this.reporter.report('WRONG_EXIT', access, exp, { words });
    } else if (ring >= 0) {
      seen.matched[ring] = 1;
      this.reporter.report('EXIT_TO_RING', access, exp, { words: () => ({ piece: describePiece(pieces, i) }) });
    } else if (!this.kicked(access, exp, i, seen)) this.missed(access, exp, i);
  }

  private lostRead(access: Access, exp: Expectation, i: number, seen: Pieces): void {
    const { pieces } = exp;
    const other = overlapping(seen, pieces.kind[i]!, pieces, i);
    if (other < 0) return this.missed(access, exp, i);
    seen.matched[other] = 1;
    const words = () => ({ want: describePiece(pieces, i), got: describePiece(seen, other) });
    this.reporter.report('WRONG_EXIT', access, exp, { words });
  }

  private missed(access: Access, exp: Expectation, i: number): void {
    const gone = this.memory.wasBacked(exp.pieces.hi[i]!, exp.pieces.lo[i]!);
    const words = () => ({ piece: describePiece(exp.pieces, i) });
    this.reporter.report(gone ? 'SLOT_GONE' : 'EXIT_MISSED', access, exp, { words });
  }

  /** A signal nobody expects took the place of piece `i`. */
  private kicked(access: Access, exp: Expectation, i: number, seen: Pieces): boolean {
    const signal = firstLeft(seen, PIECE.SIGNAL);
    if (signal < 0) return false;
    seen.matched[signal] = 1;
    const words = () => ({ piece: describePiece(exp.pieces, i) });
    this.reporter.report('EXIT_KICKED', access, exp, { fd: seen.fd[signal]!, words });
    return true;
  }

  private extra(access: Access, exp: Expectation, seen: Pieces, j: number): void {
    const kind = seen.kind[j]!;
    const ram = exp.device === 0 && exp.vector < 0;
    const fd = seen.fd[j]!;
    if (kind === PIECE.SIGNAL) {
      const twice = firstWithFd(exp.pieces, fd) >= 0;
      this.reporter.report(
        ram && exp.readonly === 0 ? 'RAM_KICKED' : twice ? 'SIGNAL_TWICE' : 'SIGNAL_EXTRA',
        access,
        exp,
        { fd },
      );
      return;
    }
    const words = () => ({
      what: describeAccess(access, exp),
      got: ram ? `a ${describePiece(seen, j)} reached userspace or the ring` : describePiece(seen, j),
    });
    this.reporter.report(ram ? 'RAM_EXITED' : kind === PIECE.RING ? 'RING_EXTRA' : 'EXIT_EXTRA', access, exp, {
      words,
    });
  }

  private exitOver(seen: Pieces, pieces: Pieces, i: number): number {
    const mmio = overlapping(seen, PIECE.MMIO_WRITE, pieces, i);
    return mmio >= 0 ? mmio : overlapping(seen, PIECE.PIO_OUT, pieces, i);
  }
}

const firstWithFd = (pieces: Pieces, fd: number): number => {
  for (let i = 0; i < pieces.length; i++) if (pieces.kind[i] === PIECE.SIGNAL && pieces.fd[i] === fd) return i;
  return -1;
};
