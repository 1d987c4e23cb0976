import { Instruction, OP } from '../../core/guest/instruction.ts';
import { GuestRegisters } from '../../core/guest/registers.ts';
import { hexWords } from '../../core/base/words.ts';
import { Observation, PIECE, type Pieces } from '../../core/reference/observation.ts';
import { Reference } from '../../core/reference/reference.ts';

/** No slot covers it; page aligned. */
export const A = 0x3000_0000n;
const EVENTFDS = ['-', 'kick', 'other', 'third'];

const WORDS: Readonly<Record<number, string>> = {
  [PIECE.RING]: 'ring',
  [PIECE.MMIO_READ]: 'read',
  [PIECE.MMIO_WRITE]: 'write',
  [PIECE.PIO_IN]: 'in',
  [PIECE.PIO_OUT]: 'out',
};

/** Pieces as text: `signal kick`, `write 0x30000000 4 =0x1`, `read 0x30000000 4`. */
function pieceTexts(pieces: Pieces): string[] {
  return Array.from({ length: pieces.length }, (_, i) => {
    const kind = pieces.kind[i]!;
    if (kind === PIECE.SIGNAL) return `signal ${EVENTFDS[pieces.fd[i]!]}`;
    const value =
      kind === PIECE.MMIO_READ || kind === PIECE.PIO_IN ? '' : ` =${hexWords(pieces.dataHi[i]!, pieces.dataLo[i]!)}`;
    return `${WORDS[kind]} ${hexWords(pieces.hi[i]!, pieces.lo[i]!)} ${pieces.size[i]!}${value}`;
  });
}

/**
 * A guest without paging for the tests of core/reference: a reference, and beside it a hand-made machine that consists of memory and of what
 * a test says was observed.
 */
export class TestGuest {
  readonly reference = new Reference({ eventfdName: (fd) => EVENTFDS[fd] ?? `${fd}` });
  /** Stands for the machine's memory. */
  readonly machine = new Reference();
  readonly insn = new Instruction();
  readonly seen = new Observation();
  readonly regs = new GuestRegisters();

  region(slot: number, gpa: bigint, size: bigint, readonly = false, hva = 0x7f00_0000_0000n + gpa): void {
    this.reference.setRegion(slot, gpa, size, hva, readonly);
    this.machine.setRegion(slot, gpa, size, hva, readonly);
  }

  poke(gpa: bigint, ...bytes: number[]): void {
    this.reference.poke(gpa, Uint8Array.from(bytes));
    this.machine.poke(gpa, Uint8Array.from(bytes));
  }

  eventfd(addr: bigint, length: number, datamatch: bigint | null = null, fd = 1, pio = false): void {
    this.reference.assignIoeventfd({ pio, addr, length, datamatch, fd });
  }

  /** Puts an instruction before the reference; the test then says what the machine did. */
  begin(op: number, gpa: bigint, size: number, data: readonly number[] = [], line = 7): void {
    this.insn.clear(op, size, Number(gpa >> 32n), Number(gpa & 0xffff_ffffn) | 0);
    data.forEach((word, i) => (this.insn.data[i] = word));
    this.seen.clear();
    this.reference.before(this.insn, this.regs, line);
  }

  /** What the reference expects of the instruction, as texts. */
  expected(): string[] {
    return pieceTexts(this.reference.expect(this.seen).pieces);
  }

  /** The instruction's register result. */
  returns(...words: number[]): void {
    words.forEach((word, i) => (this.insn.result[i] = word));
    this.insn.resultWritten = 1;
  }

  /** Ends the instruction; the divergences so far as `kind: text`. */
  end(): string[] {
    this.reference.after(this.insn, this.seen, this.machine);
    return this.reference.log.list().map((d) => `${d.kind}: ${d.text}`);
  }

  write(gpa: bigint, size: number, ...data: number[]): void {
    this.begin(OP.WRITE, gpa, size, data);
  }

  read(gpa: bigint, size: number): void {
    this.begin(OP.READ, gpa, size);
  }
}
