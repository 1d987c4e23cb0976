import { describe, expect, it } from 'vitest';
import { CR0, CR4, EFER, GuestRegisters, REG } from '../guest/registers.ts';
import { wordsToBig } from '../base/words.ts';
import { Reference } from './reference.ts';
import { GuestWalk, WALK } from './walk.ts';
import { WANT } from './rights.ts';

const P = 1n;
const RW = 2n;
const US = 4n;
const PS = 0x80n;
const XD = 1n << 63n;
const ALL = P | RW | US;

type Mode = '2-level' | 'pae' | '4-level' | '5-level';
const CR4_OF: Record<Mode, number> = {
  '2-level': CR4.PSE,
  pae: CR4.PAE,
  '4-level': CR4.PAE,
  '5-level': CR4.PAE | CR4.LA57,
};

/** Tables stand at 0x1000 (top), 0x2000, ... down to the leaf table; the guest has 1 MiB of RAM at 0. */
class Tables {
  readonly reference = new Reference();
  readonly regs = new GuestRegisters();
  readonly walk: GuestWalk;

  constructor(mode: Mode, maxPhyAddr = 46, gbPages = true) {
    this.reference.setRegion(0, 0n, 0x10_0000n, 0x7000_0000_0000n, false);
    this.walk = new GuestWalk(this.reference.memory, { maxPhyAddr, gbPages });
    const long = mode === '4-level' || mode === '5-level';
    this.regs.at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
    this.regs.at[REG.CR3_LO] = 0x1000;
    this.regs.at[REG.CR4] = CR4_OF[mode];
    this.regs.at[REG.EFER] = EFER.NXE | (long ? EFER.LMA | EFER.LME : 0);
  }

  /** 8-byte entries from the top table down, each at the index its level takes from the address. */
  entries(address: bigint, top: number, ...values: bigint[]): this {
    values.forEach((value, i) => {
      const index = (address >> BigInt(12 + 9 * (top - 1 - i))) & (top === 3 && i === 0 ? 3n : 511n);
      this.poke64(BigInt(i + 1) * 0x1000n + index * 8n, value);
    });
    return this;
  }

  poke64(gpa: bigint, value: bigint): void {
    this.reference.pokeEntry(0, Number(gpa), Number(value >> 32n), Number(value & 0xffff_ffffn));
  }

  read64(gpa: number): bigint {
    const words = new Int32Array(2);
    this.reference.readGuest(0, gpa, 8, words);
    return wordsToBig(words[1]!, words[0]!);
  }

  /** The guest-physical address, or `#PF 0x..`, `#GP 0x0`, `no table`. */
  at(address: bigint, want: number = WANT.READ, implicit = false): string {
    const hi = Number(BigInt.asIntN(32, address >> 32n));
    const outcome = this.walk.translate(this.regs.at, hi, Number(BigInt.asIntN(32, address)), want, implicit);
    if (outcome === WALK.DONE) return `0x${wordsToBig(this.walk.gpaHi, this.walk.gpaLo).toString(16)}`;
    if (outcome === WALK.NO_TABLE) return 'no table';
    return `${this.walk.vector === 14 ? '#PF' : '#GP'} 0x${this.walk.errorCode.toString(16)}`;
  }
}

const long4 = (address: bigint, ...values: bigint[]) => new Tables('4-level').entries(address, 4, ...values);
const T2 = 0x2000n | ALL;
const T3 = 0x3000n | ALL;
const T4 = 0x4000n | ALL;
const T5 = 0x5000n | ALL;

describe('the levels of each mode and page size', () => {
  const high = 0xffff_8123_4567_89abn;
  it.each<[string, () => Tables, bigint, string]>([
    ['4 levels, 4K', () => long4(high, T2, T3, T4, 0xabc_d000n | ALL), high, '0xabcd9ab'],
    ['4 levels, 2M', () => long4(high, T2, T3, 0x1_4000_0000n | PS | ALL), high, '0x1400789ab'],
    ['4 levels, 1G', () => long4(high, T2, 0x40_0000_0000n | PS | ALL), high, '0x40056789ab'],
    [
      '5 levels, 4K',
      () => new Tables('5-level').entries(0x12_3456_789a_bcden, 5, T2, T3, T4, T5, 0x7000n | ALL),
      0x12_3456_789a_bcden,
      '0x7cde',
    ],
    [
      'PAE, 4K',
      () => new Tables('pae').entries(0x8765_4321n, 3, 0x2001n, T3, 0xf_0000_0000n | ALL),
      0x8765_4321n,
      '0xf00000321',
    ],
    [
      'PAE, 2M',
      () => new Tables('pae').entries(0x8765_4321n, 3, 0x2001n, 0x60_0000n | PS | ALL),
      0x8765_4321n,
      '0x654321',
    ],
  ])('%s', (_name, tables, address, gpa) => {
    expect(tables().at(address)).toBe(gpa);
  });

  it('2 levels: 4K, 4M, 4M above 4 GiB (PSE-36), and PS without CR4.PSE', () => {
    const tables = new Tables('2-level');
    const word = (gpa: number, value: number) => tables.reference.pokeWord(0, gpa, value);
    word(0x1000 + 4, 0x2007);
    word(0x2000 + 8, 0x9007);
    word(0x1000 + 8, 0x00c0_0087);
    word(0x1000 + 12, 0x0040_6087);
    expect(tables.at(0x40_2123n)).toBe('0x9123');
    expect(tables.at(0x81_2345n)).toBe('0xc12345');
    expect(tables.at(0xc1_2345n)).toBe('0x300412345');
    tables.regs.at[REG.CR4] = 0;
    expect(tables.at(0x81_2345n)).toBe('no table');
  });

  it('a PAE root is 32 bytes, not a page', () => {
    const tables = new Tables('pae');
    tables.regs.at[REG.CR3_LO] = 0x1020;
    tables.poke64(0x1020n, 0x2001n);
    tables.poke64(0x2000n, 0x20_0000n | PS | ALL);
    expect(tables.at(0x1234n)).toBe('0x201234');
  });

  it('without paging the address is physical', () => {
    const tables = new Tables('4-level');
    tables.regs.at[REG.CR0] = CR0.PE;
    expect(tables.at(0xfe00_0000n)).toBe('0xfe000000');
  });

  it('a table outside memory promises nothing', () => {
    expect(long4(0n, 0x8000_0000n | ALL).at(0n)).toBe('no table');
  });
});

describe('canonical addresses', () => {
  it.each<[Mode, bigint, boolean]>([
    ['4-level', 0x7fff_ffff_ffffn, true],
    ['4-level', 0x8000_0000_0000n, false],
    ['4-level', 0xffff_8000_0000_0000n, true],
    ['4-level', 0xffff_7fff_ffff_ffffn, false],
    ['5-level', 0x8000_0000_0000n, true],
    ['5-level', 0xff_ffff_ffff_ffffn, true],
    ['5-level', 0x100_0000_0000_0000n, false],
    ['5-level', 0xff00_0000_0000_0000n, true],
  ])('%s %s: %s', (mode, address, canonical) => {
    expect(new Tables(mode).at(address)).toBe(canonical ? '#PF 0x0' : '#GP 0x0');
  });
});

describe('entries that end the walk', () => {
  it.each<[string, Tables, string]>([
    ['not present at the top', long4(0n, 0n), '#PF 0x0'],
    ['not present leaf, other bits ignored', long4(0n, T2, T3, T4, ~P & 0xffff_ffff_ffff_fffen), '#PF 0x0'],
    ['address bit beyond MAXPHYADDR', long4(0n, T2 | (1n << 46n)), '#PF 0x9'],
    ['address bit 45 is fine', long4(0n, T2, T3, T4, (1n << 45n) | ALL), '0x200000000000'],
    ['PS in a PML4 entry', long4(0n, T2 | PS), '#PF 0x9'],
    ['low address bits of a 2M leaf', long4(0n, T2, T3, 0x2000n | PS | ALL), '#PF 0x9'],
    ['the PAT bit of a 2M leaf is no address bit', long4(0n, T2, T3, 0x1000n | PS | ALL), '0x0'],
    ['low address bits of a 1G leaf', long4(0n, T2, 0x2000_0000n | PS | ALL), '#PF 0x9'],
    ['1G pages the processor lacks', new Tables('4-level', 46, false).entries(0n, 4, T2, PS | ALL), '#PF 0x9'],
    ['bits 62:52 are ignored with 4 levels', long4(0n, T2, T3, T4, (0x7ffn << 52n) | ALL), '0x0'],
    ['bits 62:52 are reserved with PAE', new Tables('pae').entries(0n, 3, 0x2001n, T3, (1n << 52n) | ALL), '#PF 0x9'],
    ['R/W in a PAE directory pointer is reserved', new Tables('pae').entries(0n, 3, 0x2003n), '#PF 0x9'],
  ])('%s', (_name, tables, expected) => {
    expect(tables.at(0n)).toBe(expected);
  });

  it('XD is reserved without EFER.NXE', () => {
    const tables = long4(0n, T2, T3, T4, XD | ALL);
    expect(tables.at(0n)).toBe('0x0');
    tables.regs.at[REG.EFER] = EFER.LMA | EFER.LME;
    expect(tables.at(0n)).toBe('#PF 0x9');
  });

  it('reserved bits of a 4M page: bit 21, and address bits beyond MAXPHYADDR', () => {
    const answer = (maxPhyAddr: number, pde: number) => {
      const tables = new Tables('2-level', maxPhyAddr);
      tables.reference.pokeWord(0, 0x1000, pde);
      return tables.at(0n);
    };
    expect(answer(46, 0x20_0087)).toBe('#PF 0x9');
    expect(answer(46, 0x10_0087)).toBe('0x8000000000');
    expect(answer(36, 0x10_0087)).toBe('#PF 0x9');
  });
});

describe('accessed and dirty', () => {
  const A = 0x20n;
  const D = 0x40n;
  const entries = (tables: Tables) => [0x1000, 0x2000, 0x3000, 0x4000].map((gpa) => tables.read64(gpa) & (A | D));

  it('a read sets A at every level, a write D in the leaf alone', () => {
    const tables = long4(0n, T2, T3, T4, 0x8000n | ALL);
    tables.at(0n);
    expect(entries(tables)).toEqual([A, A, A, A]);
    tables.at(0n, WANT.WRITE);
    expect(entries(tables)).toEqual([A, A, A, A | D]);
  });

  it('a fault sets nothing', () => {
    const tables = long4(0n, T2, T3, T4, 0x8000n | P | US);
    expect(tables.at(0n, WANT.WRITE)).toBe('#PF 0x3');
    expect(entries(tables)).toEqual([0n, 0n, 0n, 0n]);
  });

  it('tables in read-only memory stay as they are, and translate', () => {
    const tables = long4(0n, T2, T3, T4, 0x8000n | ALL);
    tables.reference.setRegion(0, 0n, 0x10_0000n, 0x7000_0000_0000n, true);
    expect(tables.at(0n, WANT.WRITE)).toBe('0x8000');
    expect(entries(tables)).toEqual([0n, 0n, 0n, 0n]);
  });

  it('PAE directory pointers have no A, 2-level entries do', () => {
    const pae = new Tables('pae').entries(0n, 3, 0x2001n, T3, 0x8000n | ALL);
    pae.at(0n, WANT.WRITE);
    expect([0x1000, 0x2000, 0x3000].map((gpa) => pae.read64(gpa) & (A | D))).toEqual([0n, A, A | D]);
    const two = new Tables('2-level');
    two.reference.pokeWord(0, 0x1000, 0x2007);
    two.reference.pokeWord(0, 0x2000, 0x8007);
    two.at(0n, WANT.WRITE);
    expect([0x1000, 0x2000].map((gpa) => two.read64(gpa) & (A | D))).toEqual([A, A | D]);
  });
});
