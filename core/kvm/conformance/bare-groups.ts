/** One exit of a "bare" list. */
export type RawAccess =
  | { readonly kind: 'read' | 'write'; readonly at: bigint; readonly bytes: readonly number[] }
  | {
      readonly kind: 'in' | 'out';
      readonly port: number;
      readonly size: number;
      readonly count: number;
      readonly bytes: readonly number[];
    }
  | { readonly kind: 'failed' };

/** An operand the instruction had: raw memory accesses joined again, the others as they are. */
export type Operand =
  | RawAccess
  | {
      readonly kind: 'ins';
      readonly port: number;
      readonly size: number;
      readonly count: number;
      readonly at: bigint | undefined;
    };

/** Operand sizes, the largest first: what KVM split is joined as far as one operand can explain it. */
const SIZES = [8, 4, 2];

/**
 * Joins what KVM split. An operand reaches userspace in parts, one a page, and each part in pieces of at most 8 bytes; but the devices are
 * offered the operand's parts before userspace sees any, so it has to be offered as a whole. Of the code only two things are looked at:
 * a string instruction's element size, and whether any operand can be wider than 8 bytes; if none can, 8 + 8 bytes are two
 * operands.
 */
export function operandsOf(raw: readonly RawAccess[], code: readonly number[]): Operand[] {
  const element = elementSize(code);
  const sizes = element === undefined ? [...wideOperands(code), ...SIZES] : [element];
  const operands: Operand[] = [];
  for (let at = 0; at < raw.length;) {
    const first = raw[at]!;
    if (first.kind === 'in' && first.count > 1) {
      const pieces = destination(raw, at + 1, first.size * first.count);
      const to = pieces === 0 ? undefined : (raw[at + 1] as { at: bigint }).at;
      operands.push({ kind: 'ins', port: first.port, size: first.size, count: first.count, at: to });
      at += 1 + pieces;
    } else {
      const pieces = joined(raw, at, sizes);
      operands.push(pieces === 1 ? first : join(raw.slice(at, at + pieces)));
      at += pieces;
    }
  }
  return operands;
}

/** How many accesses from `at` on are one operand. */
function joined(raw: readonly RawAccess[], at: number, sizes: readonly number[]): number {
  const first = raw[at]!;
  if (first.kind !== 'read' && first.kind !== 'write') return 1;
  for (const size of sizes) {
    const pieces = piecesOf(first.at, size);
    if (pieces.length > 1 && matches(raw, at, first.kind, first.at, pieces)) return pieces.length;
  }
  return 1;
}

/** Lengths of the pieces in which an operand that nobody takes reaches userspace. */
function piecesOf(at: bigint, size: number): number[] {
  const inPage = Math.min(size, 4096 - Number(at % 4096n));
  return [inPage, size - inPage].flatMap((part) => {
    const whole = Array<number>(part >> 3).fill(8);
    return part % 8 === 0 ? whole : [...whole, part % 8];
  });
}

function matches(
  raw: readonly RawAccess[],
  from: number,
  kind: string,
  start: bigint,
  pieces: readonly number[],
): boolean {
  let at = start;
  return pieces.every((length, n) => {
    const each = raw[from + n];
    const fits = each?.kind === kind && 'at' in each && each.at === at && each.bytes.length === length;
    at += BigInt(length);
    return fits;
  });
}

/** How many memory writes from `at` on are the destination of an INS batch of so many bytes; 0 when it went to RAM. */
function destination(raw: readonly RawAccess[], at: number, bytes: number): number {
  const first = raw[at];
  if (first?.kind !== 'write') return 0;
  const pieces = piecesOf(first.at, bytes);
  return matches(raw, at, 'write', first.at, pieces) ? pieces.length : 0;
}

function join(parts: readonly RawAccess[]): Operand {
  const memory = parts.flatMap((part) => (part.kind === 'read' || part.kind === 'write' ? [part] : []));
  return { ...memory[0]!, bytes: memory.flatMap(({ bytes }) => bytes) };
}

const PREFIXES: ReadonlySet<number> = new Set([
  0xf0, 0xf2, 0xf3, 0x66, 0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0xfc, 0xfd,
]);

/** MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS of bytes; the opcode above each is the one of words. */
const BYTE_STRINGS: ReadonlySet<number> = new Set([0xa4, 0xa6, 0xaa, 0xac, 0xae, 0x6c, 0x6e]);

/** Element size of the string instruction the code begins with (CLD and STD before it do not count), if it is one. */
function elementSize(code: readonly number[]): number | undefined {
  let word = false;
  let quad = false;
  for (const byte of code) {
    if (byte === 0x66) word = true;
    else if ((byte & 0xf0) === 0x40) quad = (byte & 8) !== 0;
    else if (!PREFIXES.has(byte)) {
      if (BYTE_STRINGS.has(byte)) return 1;
      if (!BYTE_STRINGS.has(byte - 1)) return undefined;
      if (quad && byte > 0x6f) return 8;
      return word ? 2 : 4;
    }
  }
  return undefined;
}

const WIDE_MOVES: ReadonlySet<number> = new Set([0x10, 0x11, 0x28, 0x29, 0x2b, 0x6f, 0x7f, 0xe7]);

/** Operands of more than 8 bytes the code may have: 16 for MOVUPS, MOVAPS, MOVDQU and their kin, 10 for SGDT, SIDT, LGDT and LIDT. */
function wideOperands(code: readonly number[]): number[] {
  const second = code.filter((_byte, at) => code[at - 1] === 0x0f);
  return [...(second.some((byte) => WIDE_MOVES.has(byte)) ? [16] : []), ...(second.includes(0x01) ? [10] : [])];
}
