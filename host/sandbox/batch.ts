import { ARGS_UNIT, LINE_UNIT, OP, PARALLEL, RECORD } from '../../core/index.ts';

/** What a batch is checked against. */
export interface BatchRules {
  /** Bits of a canonical linear address: 48, 57, or 32 (not sign-extended). */
  addressBits: number;
  /** Width of each doorbell by its id. */
  readonly bellWidths: number[];
  /** Line of a call site. */
  readonly lineOf: (site: number) => number;
}

/** `size` of a WRMSR to TSC_DEADLINE by cpu.tscDeadline(). */
const FROM_NOW = 2;

interface BatchMistake {
  readonly site: number;
  readonly message: string;
}

interface BatchCount {
  /** Records, each loop's body once. */
  readonly records: number;
  readonly mistake: BatchMistake | null;
}

type Kind = 'address' | 'value' | 'port' | 'count' | 'cycles' | 'register' | 'msr' | 'u32' | 'pcid' | 'bell' | 'index';

const KINDS: ReadonlyMap<number, readonly Kind[]> = new Map<number, readonly Kind[]>([
  [OP.READ, ['address']],
  [OP.WRITE, ['address', 'value', 'value']],
  [OP.ADD, ['address', 'value']],
  [OP.OR, ['address', 'value']],
  [OP.AND, ['address', 'value']],
  [OP.XOR, ['address', 'value']],
  [OP.XCHG, ['address', 'value']],
  [OP.CMPXCHG, ['address', 'value', 'value']],
  [OP.FETCH, ['address']],
  [OP.INVLPG, ['address']],
  [OP.OUT, ['port', 'value']],
  [OP.IN, ['port']],
  [OP.OUTS, ['port', 'address', 'count']],
  [OP.INS, ['port', 'address', 'count']],
  [OP.STOS, ['address', 'value', 'count']],
  [OP.MOVS, ['address', 'address', 'count']],
  [OP.MOV_CR3, ['register']],
  [OP.MOV_CR0, ['u32']],
  [OP.MOV_CR4, ['u32']],
  [OP.WRPKRU, ['u32']],
  [OP.WRMSR, ['u32', 'msr']],
  [OP.XSETBV, ['msr']],
  [OP.INVPCID, ['address', 'pcid']],
  [RECORD.PAUSE, ['cycles']],
  [RECORD.KICK, ['bell', 'value']],
  [RECORD.BELL_READ, ['bell']],
  [RECORD.BELL_ADD, ['bell', 'value']],
  [RECORD.HOST, ['index']],
]);

const LIMITS: Readonly<Record<Exclude<Kind, 'address' | 'value' | 'bell'>, readonly [limit: number, what: string]>> = {
  port: [65536, 'a port is 0 to 65535'],
  count: [2 ** 31, 'a count is 0 to 2147483647'],
  cycles: [2 ** 53, 'a number of cycles is an integer of at least 0'],
  register: [2 ** 53, 'CR3 is an address of at least 0'],
  msr: [2 ** 53, 'the value of a register is an integer of at most 64 bits'],
  u32: [2 ** 32, 'the register has 32 bits here'],
  pcid: [4096, 'a PCID is 0 to 4095'],
  index: [2 ** 31, 'no such host operation'],
};

const hex = (value: number): string => `${value < 0 ? '-' : ''}0x${Math.abs(value).toString(16)}`;
const printed = (value: number): string =>
  Number.isSafeInteger(value) && Math.abs(value) > 0xffff ? hex(value) : `${value}`;

/** By bytes of an operand: the least value it can be given (signed), and the first that is too large (unsigned). */
const LEAST = Float64Array.from({ length: 17 }, (_, bytes) => (bytes < 8 ? -(2 ** (8 * bytes - 1)) : -(2 ** 53) + 1));
const BEYOND = Float64Array.from({ length: 17 }, (_, bytes) => (bytes < 8 ? 2 ** (8 * bytes) : 2 ** 53));

/** True for an integer that a store of so many bytes can hold, signed or unsigned. */
const fits = (value: number, bytes: number): boolean =>
  value >= LEAST[bytes]! && value < BEYOND[bytes]! && Math.floor(value) === value;

/** Least canonical address as a double, and the first beyond. */
const leastAddress = (bits: number): number => (bits === 32 ? 0 : -(2 ** (bits - 1)));
const beyondAddress = (bits: number): number => (bits === 32 ? 2 ** 32 : 2 ** (bits - 1));

const isCanonical = (address: number, bits: number): boolean =>
  address >= leastAddress(bits) && address < beyondAddress(bits) && Math.floor(address) === address;

const addressSentence = (address: number, bits: number): string => {
  if (!Number.isInteger(address)) return `an address must be an integer, not ${address}`;
  if (bits === 32) return `${printed(address)} is not an address of 32-bit paging`;
  if (Math.abs(address) >= 2 ** 53)
    return `${printed(address)} is beyond 2^53, where numbers are not exact: write it as a bigint`;
  return `${hex(address)} is not canonical: bits 63 to ${bits - 1} must be equal`;
};

/** The sentence on an argument that is no good, or null. */
function objection(kind: Kind, value: number, size: number, rules: BatchRules): string | null {
  if (kind === 'address')
    return isCanonical(value, rules.addressBits) ? null : addressSentence(value, rules.addressBits);
  if (kind === 'bell')
    return Number.isInteger(value) && value >= 0 && value < rules.bellWidths.length ? null : 'no such doorbell';
  if (kind === 'value') {
    if (fits(value, size)) return null;
    if (!Number.isInteger(value)) return `a value must be an integer, not ${value}`;
    return size >= 8
      ? `${value} is beyond 2^53, where numbers are not exact: write it as a bigint`
      : `${printed(value)} does not fit in ${size} byte${size === 1 ? '' : 's'}`;
  }
  // A bigint of 2^63 or more comes as the signed number of the same bits. Cycles from now are no such register.
  if (kind === 'msr' && size !== FROM_NOW && fits(value, 8)) return null;
  if (kind === 'msr' && size === FROM_NOW) return objection('cycles', value, 0, rules);
  const [limit, what] = LIMITS[kind];
  return Number.isInteger(value) && value >= 0 && value < limit ? null : `${what}, not ${printed(value)}`;
}

/** The sentence on an argument of two words, or null. */
function wideObjection(kind: Kind, high: number, low: number, size: number, rules: BatchRules): string | null {
  if (kind === 'value') return size >= 8 ? null : objection('value', (high | 0) * 2 ** 32 + low, size, rules);
  if (kind === 'register' || kind === 'msr') return null;
  if (kind === 'u32' && high === 0) return null;
  if (kind !== 'address') return `the number is too large for a ${kind}`;
  if (rules.addressBits === 32) return high === 0 ? null : `the address is not one of 32-bit paging`;
  const sign = (high | 0) >> (rules.addressBits - 33);
  return sign === 0 || sign === -1
    ? null
    : `${hex(high)}${low.toString(16).padStart(8, '0')} is not canonical: bits 63 to ${rules.addressBits - 1} must be equal`;
}

/**
 * Goes through a batch once before it is run: every argument is checked, and the number of the call site in each header is replaced by
 * its line, which is what the core's results speak of.
 */
export function checkBatch(records: Float64Array, length: number, rules: BatchRules): BatchCount {
  const least = leastAddress(rules.addressBits);
  const beyond = beyondAddress(rules.addressBits);
  let count = 0;
  let at = 0;
  while (at < length) {
    const header = records[at]!;
    const site = Math.floor(header / LINE_UNIT);
    const low = header - site * LINE_UNIT;
    const code = low & 127;
    const args = (low / ARGS_UNIT) | 0;
    const size = (low >>> 7) & 31;
    const address = records[at + 1]!;
    const plain =
      (code === OP.READ || (code === OP.WRITE && fits(records[at + 2]!, size))) &&
      address >= least &&
      address < beyond &&
      Math.floor(address) === address;
    if (!plain) {
      const message = mistakeOf(records, at, code, size, args, rules);
      if (message !== null) return { records: count, mistake: { site, message } };
    }
    records[at] = low + (rules.lineOf(site) % LINE_UNIT) * LINE_UNIT;
    count++;
    at += 1 + args;
  }
  return { records: count, mistake: null };
}

/** Of the records of several vCPUs' programs a waiting loop names an address and a value; the others hold what the prelude counted. */
function parallelMistake(records: Float64Array, at: number, which: number, rules: BatchRules): string | null {
  if (which !== PARALLEL.SPIN_UNTIL && which !== PARALLEL.HALT_UNTIL) return null;
  return (
    objection('address', records[at + 1]!, 0, rules) ?? objection('value', records[at + 2]!, records[at + 3]!, rules)
  );
}

function mistakeOf(
  records: Float64Array,
  at: number,
  code: number,
  size: number,
  args: number,
  rules: BatchRules,
): string | null {
  if (code === RECORD.PARALLEL) return parallelMistake(records, at, size, rules);
  const wide = code >= RECORD.WIDE;
  const kinds = KINDS.get(wide ? code - RECORD.WIDE : code);
  if (kinds === undefined) return null;
  for (let n = 0; n * (wide ? 2 : 1) < args; n++) {
    const kind = kinds[n];
    if (kind === undefined) break;
    const bell = code === RECORD.KICK || code === RECORD.BELL_ADD ? rules.bellWidths[records[at + 1]!] : undefined;
    const found = wide
      ? wideObjection(kind, records[at + 1 + n * 2]!, records[at + 2 + n * 2]!, size, rules)
      : objection(kind, records[at + 1 + n]!, bell ?? size, rules);
    if (found !== null) return found;
  }
  return null;
}
