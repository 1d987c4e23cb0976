import { OP } from '../../../guest/instruction.ts';
import { UnsupportedError } from '../fields.ts';
import { type CodeRegisters, REG } from './guest-registers.ts';

/** One decoded instruction: at most one memory or port operand, carried out by KVM's emulator. */
export interface Decoded {
  /** Bytes. */
  readonly length: number;
  /** What reaches memory or a port; absent for instructions that touch registers alone. */
  readonly operand?: Operand;
  /** Register effects: once the operand is done, given the value read. Moves RIP only where the instruction is a jump. */
  readonly finish: (regs: CodeRegisters, read: bigint) => void;
  readonly halts?: true;
}

export interface Operand {
  readonly op: number;
  readonly size: number;
  /** Linear address, or port. */
  readonly at: (regs: CodeRegisters) => bigint;
  /** Value stored, or the other operand of a read-modify-write. */
  readonly data?: (regs: CodeRegisters) => bigint;
  /** Comparand of CMPXCHG. */
  readonly expected?: (regs: CodeRegisters) => bigint;
  /** String instructions: whether REP is given. */
  readonly repeat?: boolean;
}

const nothing = (): void => {};
const unknownZero = (regs: CodeRegisters): void => void (regs.zero = undefined);

/** Reads bytes of code one by one. */
class Cursor {
  at = 0;
  private readonly code: readonly number[];
  constructor(code: readonly number[]) {
    this.code = code;
  }
  byte(): number {
    const byte = this.code[this.at++];
    if (byte === undefined) throw unknown();
    return byte;
  }
  /** Little-endian, sign-extended. */
  signed(bytes: number): bigint {
    let value = 0n;
    for (let i = 0; i < bytes; i++) value |= BigInt(this.byte()) << BigInt(i * 8);
    return BigInt.asIntN(bytes * 8, value);
  }
}

const unknown = (): UnsupportedError => new UnsupportedError('an instruction decoder is needed');

/** ALU operations by bits 3 to 5 of the opcode or of ModRM that are memory operations of the model; SUB adds the negative. */
const ALU: readonly ({ readonly op: number; readonly negate?: boolean } | undefined)[] = [
  { op: OP.ADD },
  { op: OP.OR },
  undefined,
  undefined,
  { op: OP.AND },
  { op: OP.ADD, negate: true },
  { op: OP.XOR },
];
const CMP = 7;

interface Prefixes {
  word: boolean;
  repeat: boolean;
  rex: number;
}

/**
 * Decodes the 64-bit instruction at the start of `code`: moves, the common read-modify-writes, PUSH, string and port instructions, short
 * jumps and HLT, which is what short test programs are made of. Anything else throws UnsupportedError.
 */
export function decode(code: readonly number[]): Decoded {
  const cursor = new Cursor(code);
  const prefixes: Prefixes = { word: false, repeat: false, rex: 0 };
  let opcode = cursor.byte();
  for (; ; opcode = cursor.byte()) {
    if (opcode === 0x66) prefixes.word = true;
    else if (opcode === 0xf3) prefixes.repeat = true;
    else if (opcode !== 0xf0) break;
  }
  if ((opcode & 0xf0) === 0x40) {
    prefixes.rex = opcode;
    opcode = cursor.byte();
  }
  const made = opcode === 0x0f ? twoByte(cursor, prefixes) : oneByte(opcode, cursor, prefixes);
  return { ...made, length: cursor.at };
}

type Made = Omit<Decoded, 'length'>;

const sizeOf = ({ word, rex }: Prefixes, isByte: boolean): number => (isByte ? 1 : (rex & 8) !== 0 ? 8 : word ? 2 : 4);

function oneByte(opcode: number, cursor: Cursor, prefixes: Prefixes): Made {
  const size = sizeOf(prefixes, (opcode & 1) === 0);
  const alu = opcode >> 3;
  if (opcode < 0x40 && (opcode & 7) < 4) return aluForm(alu, opcode, modRm(cursor, prefixes), size);
  if ((opcode & 0xf8) === 0x50) return push((opcode & 7) | ((prefixes.rex & 1) << 3));
  if ((opcode & 0xf8) === 0xb8 && (prefixes.rex & 8) === 0) return loadImmediate(opcode & 7, cursor, prefixes);
  switch (opcode) {
    case 0x80:
    case 0x81:
    case 0x83: {
      const m = modRm(cursor, prefixes);
      const data = cursor.signed(opcode === 0x81 ? Math.min(size, 4) : 1);
      return readModifyWrite(m.register & 7, m, size, () => data);
    }
    case 0x86:
    case 0x87: {
      const m = modRm(cursor, prefixes);
      return memory(
        OP.XCHG,
        m,
        size,
        (regs) => regs.get(m.register, size),
        (regs, read) => regs.set(m.register, size, read),
      );
    }
    case 0x88:
    case 0x89: {
      const m = modRm(cursor, prefixes);
      return memory(OP.WRITE, m, size, (regs) => regs.get(m.register, size), nothing);
    }
    case 0x8a:
    case 0x8b: {
      const m = modRm(cursor, prefixes);
      return memory(OP.READ, m, size, undefined, (regs, read) => regs.set(m.register, size, read));
    }
    case 0xfe:
    case 0xff:
      return group5(cursor, prefixes, size);
    case 0xf6:
    case 0xf7:
      return not(modRm(cursor, prefixes), size);
    case 0x6e:
    case 0x6f:
    case 0x6c:
    case 0x6d:
      return text(opcode < 0x6e ? OP.INS : OP.OUTS, opcode < 0x6e ? REG.RDI : REG.RSI, Math.min(size, 4), prefixes);
    case 0xa4:
    case 0xa5:
      return text(OP.MOVS, REG.RDI, size, prefixes);
    case 0xaa:
    case 0xab:
      return text(OP.STOS, REG.RDI, size, prefixes);
    case 0x74:
    case 0x75:
    case 0xeb:
    case 0xe2:
      return jump(opcode, Number(cursor.signed(1)));
    case 0xf4:
      return { finish: nothing, halts: true };
    case 0x90:
      return { finish: nothing };
    case 0xfc:
    case 0xfd:
      return { finish: (regs) => void (regs.down = opcode === 0xfd) };
    default:
      return ports(opcode, cursor, Math.min(size, 4));
  }
}

function twoByte(cursor: Cursor, prefixes: Prefixes): Made {
  const opcode = cursor.byte();
  if (![0xb0, 0xb1, 0xc0, 0xc1].includes(opcode)) throw unknown();
  const size = sizeOf(prefixes, (opcode & 1) === 0);
  const m = modRm(cursor, prefixes);
  const register = (regs: CodeRegisters): bigint => regs.get(m.register, size);
  if (opcode >= 0xc0) {
    return memory(OP.ADD, m, size, register, (regs, read) => {
      regs.set(m.register, size, read);
      regs.zero = undefined;
    });
  }
  const made = memory(OP.CMPXCHG, m, size, register, (regs, read) => {
    regs.zero = read === regs.get(REG.RAX, size);
    if (!regs.zero) regs.set(REG.RAX, size, read);
  });
  return { ...made, operand: { ...made.operand!, expected: (regs) => regs.get(REG.RAX, size) } };
}

interface ModRm {
  readonly register: number;
  readonly address: (regs: CodeRegisters) => bigint;
}

/** ModRM with a base register and a displacement; no SIB, no RIP-relative, no register operand. */
function modRm(cursor: Cursor, { rex }: Prefixes): ModRm {
  const byte = cursor.byte();
  const mode = byte >> 6;
  const low = byte & 7;
  if (mode === 3 || low === 4 || (mode === 0 && low === 5)) throw unknown();
  const base = low | ((rex & 1) << 3);
  const displacement = mode === 0 ? 0n : cursor.signed(mode === 1 ? 1 : 4);
  const address = (regs: CodeRegisters): bigint => BigInt.asUintN(64, regs.values[base]! + displacement);
  return { register: ((byte >> 3) & 7) | ((rex & 4) << 1), address };
}

function memory(op: number, m: ModRm, size: number, data: Operand['data'], finish: Decoded['finish']): Made {
  const operand = { op, size, at: m.address };
  return { operand: data === undefined ? operand : { ...operand, data }, finish };
}

function aluForm(alu: number, opcode: number, m: ModRm, size: number): Made {
  const register = (regs: CodeRegisters): bigint => regs.get(m.register, size);
  if ((opcode & 2) === 0) return readModifyWrite(alu, m, size, register);
  if (alu !== CMP) throw unknown();
  return memory(OP.READ, m, size, undefined, (regs, read) => void (regs.zero = read === register(regs)));
}

function readModifyWrite(alu: number, m: ModRm, size: number, data: (regs: CodeRegisters) => bigint): Made {
  const other = (regs: CodeRegisters): bigint => BigInt.asUintN(size * 8, data(regs));
  if (alu === CMP) {
    return memory(OP.READ, m, size, undefined, (regs, read) => void (regs.zero = read === other(regs)));
  }
  const known = ALU[alu];
  if (known === undefined) throw unknown();
  return memory(known.op, m, size, known.negate === true ? (regs) => -data(regs) : data, unknownZero);
}

/** INC, DEC and an indirect jump. */
function group5(cursor: Cursor, prefixes: Prefixes, size: number): Made {
  const start = cursor.at;
  const byte = cursor.byte();
  if (byte >> 3 === 0x1c && size > 1) return { finish: (regs) => void (regs.rip = Number(regs.values[byte & 7])) };
  cursor.at = start;
  const m = modRm(cursor, prefixes);
  if ((m.register & 7) > 1) throw unknown();
  return memory(OP.ADD, m, size, () => ((m.register & 7) === 0 ? 1n : -1n), unknownZero);
}

function not(m: ModRm, size: number): Made {
  if ((m.register & 7) !== 2) throw unknown();
  return memory(OP.XOR, m, size, () => -1n, nothing);
}

const push = (register: number): Made => ({
  operand: {
    op: OP.WRITE,
    size: 8,
    at: (regs) => BigInt.asUintN(64, regs.values[REG.RSP]! - 8n),
    data: (regs) => regs.values[register]!,
  },
  finish: (regs) => regs.set(REG.RSP, 8, regs.values[REG.RSP]! - 8n),
});

function loadImmediate(low: number, cursor: Cursor, prefixes: Prefixes): Made {
  const size = sizeOf(prefixes, false);
  const value = cursor.signed(size);
  return { finish: (regs) => regs.set(low | ((prefixes.rex & 1) << 3), size, value) };
}

const text = (op: number, register: number, size: number, { repeat }: Prefixes): Made => ({
  operand: { op, size, at: (regs) => regs.values[register]!, data: (regs) => regs.get(REG.RAX, size), repeat },
  finish: nothing,
});

function jump(opcode: number, by: number): Made {
  return {
    finish: (regs) => {
      if (opcode === 0xe2) regs.values[REG.RCX]!--;
      else if (opcode !== 0xeb && regs.zero === undefined) throw unknown();
      const taken =
        opcode === 0xeb || (opcode === 0xe2 ? regs.values[REG.RCX] !== 0n : regs.zero === (opcode === 0x74));
      if (taken) regs.rip += by;
    },
  };
}

/** IN and OUT, with the port in DX or in a byte. */
function ports(opcode: number, cursor: Cursor, size: number): Made {
  const place = opcode & 0xfc;
  if (place !== 0xe4 && place !== 0xec) throw unknown();
  const fixed = place === 0xe4 ? BigInt(cursor.byte()) : undefined;
  const at = (regs: CodeRegisters): bigint => fixed ?? regs.get(REG.RDX, 2);
  const isOut = (opcode & 2) !== 0;
  if (isOut) return { operand: { op: OP.OUT, size, at, data: (regs) => regs.get(REG.RAX, size) }, finish: nothing };
  return { operand: { op: OP.IN, size, at }, finish: (regs, read) => regs.set(REG.RAX, size, read) };
}
