import { OP, PARALLEL, RECORD, recordHeader } from '../../core/index.ts';

/** How a method of `cpu` becomes a record. */
export interface Method {
  /** Which of the prelude's recorders writes it. */
  readonly shape: 'store' | 'load' | 'load64' | 'rmw' | 'cmpxchg' | 'plain' | 'special';
  /** Code, size and number of arguments of the record's header. */
  readonly header: number;
}

const method = (shape: Method['shape'], code: number, size: number, args: number): Method => ({
  shape,
  header: recordHeader(code, size, args, 0),
});

/**
 * The methods of `cpu` whose calls carry their place in the script. A width given as an argument is added to the header when the call
 * is made.
 */
export const METHODS: Readonly<Record<string, Method>> = {
  read8: method('load', OP.READ, 1, 1),
  read16: method('load', OP.READ, 2, 1),
  read32: method('load', OP.READ, 4, 1),
  read64: method('load64', OP.READ, 8, 1),
  read128: method('load64', OP.READ, 16, 1),
  in8: method('load', OP.IN, 1, 1),
  in16: method('load', OP.IN, 2, 1),
  in32: method('load', OP.IN, 4, 1),
  write8: method('store', OP.WRITE, 1, 2),
  write16: method('store', OP.WRITE, 2, 2),
  write32: method('store', OP.WRITE, 4, 2),
  write64: method('store', OP.WRITE, 8, 2),
  write128: method('special', OP.WRITE, 16, 2),
  out8: method('store', OP.OUT, 1, 2),
  out16: method('store', OP.OUT, 2, 2),
  out32: method('store', OP.OUT, 4, 2),
  add: method('rmw', OP.ADD, 0, 2),
  or: method('rmw', OP.OR, 0, 2),
  and: method('rmw', OP.AND, 0, 2),
  xor: method('rmw', OP.XOR, 0, 2),
  xchg: method('rmw', OP.XCHG, 0, 2),
  cmpxchg: method('cmpxchg', OP.CMPXCHG, 0, 3),
  fetch: method('plain', OP.FETCH, 1, 1),
  invlpg: method('plain', OP.INVLPG, 0, 1),
  movCr3: method('plain', OP.MOV_CR3, 0, 1),
  movCr0: method('plain', OP.MOV_CR0, 0, 1),
  movCr4: method('plain', OP.MOV_CR4, 0, 1),
  wrpkru: method('plain', OP.WRPKRU, 0, 1),
  pause: method('plain', RECORD.PAUSE, 0, 1),
  cpuid: method('plain', OP.CPUID, 0, 0),
  hlt: method('plain', OP.HLT, 0, 0),
  invd: method('plain', OP.INVD, 0, 0),
  wbinvd: method('plain', OP.WBINVD, 0, 0),
  wrmsr: method('plain', OP.WRMSR, 0, 2),
  wrmsrImmediate: method('plain', OP.WRMSR, 1, 2),
  xsetbv: method('plain', OP.XSETBV, 0, 1),
  tscDeadline: method('special', OP.WRMSR, 2, 2),
  vmcall: method('plain', OP.VMCALL, 0, 0),
  outs: method('special', OP.OUTS, 0, 3),
  ins: method('special', OP.INS, 0, 3),
  stos: method('special', OP.STOS, 0, 3),
  movs: method('special', OP.MOVS, 0, 3),
  invpcid: method('special', OP.INVPCID, 0, 2),
  setCpl: method('special', OP.SET_CPL, 0, 0),
  setAc: method('special', OP.SET_AC, 0, 0),
  kick: method('special', RECORD.KICK, 0, 2),
  readBell: method('special', RECORD.BELL_READ, 0, 1),
  addBell: method('special', RECORD.BELL_ADD, 0, 2),
  repeat: method('special', RECORD.LOOP, 0, 2),
  together: method('special', RECORD.PARALLEL, PARALLEL.TOGETHER, 1),
  onInterrupt: method('special', RECORD.PARALLEL, PARALLEL.ON_INTERRUPT, 2),
  spinUntil: method('special', RECORD.PARALLEL, PARALLEL.SPIN_UNTIL, 3),
  haltUntil: method('special', RECORD.PARALLEL, PARALLEL.HALT_UNTIL, 3),
};

/** Prefix of the method that takes its header first; such calls are written by the compiler only. */
export const LINED = '$';
/** Prefix of the same for a call whose result nobody uses: it needs no answer, so it can wait in the batch. */
export const LINED_UNUSED = '$_';

/** Shapes that return a value. */
export const returnsValue = (name: string, { shape }: Method): boolean =>
  shape === 'load' ||
  shape === 'load64' ||
  shape === 'rmw' ||
  shape === 'cmpxchg' ||
  name === 'readBell' ||
  name === 'addBell';
