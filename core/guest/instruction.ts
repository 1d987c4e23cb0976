/**
 * What a guest executes: one instruction that touches memory, a port or the machine's state. The record is owned by the machine and
 * reused. The CPU executes it; after an exit KVM's emulator may "decode" it, that is, read these fields, and complete it instead.
 */
export const OP = Object.freeze({
  /** MOV from memory. */
  READ: 0,
  /** MOV to memory. */
  WRITE: 1,
  /** Read-modify-write with the operand in `data`; the old value lands in `result`. LOCK-prefixed where `flags` says so. */
  ADD: 2,
  OR: 3,
  AND: 4,
  XOR: 5,
  XCHG: 6,
  /** CMPXCHG: `data` is the new value, `expected` the comparand; `result` is the old value. */
  CMPXCHG: 7,
  /** Instruction fetch. */
  FETCH: 8,
  /** OUT: port in `lo`, `data` the value. */
  OUT: 9,
  /** IN: port in `lo`, value to `result`. */
  IN: 10,
  /** REP OUTSB/W/D: port in `port`, source gva in hi/lo, `count` elements. */
  OUTS: 11,
  /** REP INSB/W/D. */
  INS: 12,
  /** REP STOS: `data` stored `count` times from gva. */
  STOS: 13,
  /** REP MOVS: `count` elements from gva2 (hi2/lo2) to gva. */
  MOVS: 14,
  MOV_CR3: 15,
  MOV_CR0: 16,
  MOV_CR4: 17,
  INVLPG: 18,
  /** INVPCID: type in `size` (0..3), PCID in `count`, address in hi/lo. */
  INVPCID: 19,
  WRPKRU: 20,
  /** SYSCALL/SYSRET-class switch: `size` is the new CPL (0 or 3). */
  SET_CPL: 21,
  CPUID: 22,
  HLT: 23,
  VMCALL: 24,
  /** STAC/CLAC: `size` is the new EFLAGS.AC. */
  SET_AC: 25,
  INVD: 26,
  WBINVD: 27,
  /** WRMSR: the MSR's number in `lo`, its new value in `data`; `size` 1 is the form with an immediate number. */
  WRMSR: 28,
  /** XSETBV of XCR0: `data` is the new value. */
  XSETBV: 29,
});
export const OP_COUNT = 30;

/** `flags`: LOCK prefix. */
export const FLAG_LOCK = 1;
/** `flags`: an implicit supervisor access, made with supervisor rights whatever the CPL. */
export const FLAG_IMPLICIT = 2;

export class Instruction {
  op = 0;
  /** Operand bytes: 1, 2, 4, 8 or 16 for memory; 1, 2, 4 for ports. */
  size = 0;
  flags = 0;
  /** Guest virtual address (or port in `lo` for OUT and IN). */
  hi = 0;
  lo = 0;
  /** Second address (MOVS source). */
  hi2 = 0;
  lo2 = 0;
  port = 0;
  /** Elements of a string instruction; 1 otherwise. Counts down as elements complete, as RCX does. */
  count = 1;
  /** Operand, little-endian words. */
  readonly data = new Int32Array(4);
  /** CMPXCHG comparand. */
  readonly expected = new Int32Array(4);
  /** Destination register: unchanged when the instruction was skipped without being carried out. */
  readonly result = new Int32Array(4);
  /** 1 once `result` was written. */
  resultWritten = 0;
  /** Instruction length in bytes, as the hardware would report it. */
  length = 3;

  clear(op: number, size: number, hi: number, lo: number): void {
    this.op = op;
    this.size = size;
    this.flags = 0;
    this.hi = hi;
    this.lo = lo;
    this.hi2 = 0;
    this.lo2 = 0;
    this.port = 0;
    this.count = 1;
    zero(this.data);
    zero(this.expected);
    zero(this.result);
    this.resultWritten = 0;
    this.length = 3;
  }
}

/** Four stores: a call of fill() costs more. */
function zero(words: Int32Array): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = 0;
  words[3] = 0;
}

/** True for the operations that both read and write one memory operand. */
export const isRmw = (op: number): boolean => op >= OP.ADD && op <= OP.CMPXCHG;

/** True for the string instructions: OUTS, INS, STOS, MOVS. */
export const isString = (op: number): boolean => op >= OP.OUTS && op <= OP.MOVS;
