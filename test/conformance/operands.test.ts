import { describe, expect, it } from 'vitest';
import { wordsToBig } from '../../core/base/words.ts';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { OP } from '../../core/guest/instruction.ts';
import { REG } from '../../core/guest/registers.ts';
import { EPT_D } from '../driver/tables.ts';
import { TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x7000_0000_1000n;
const NEXT = GVA + 0x1000n;

function twoPages(): { vcpu: TestVcpu; low: bigint; high: bigint } {
  const vcpu = new TestVcpu();
  const low = BigInt(vcpu.page(GVA)) << 12n;
  const high = BigInt(vcpu.page(NEXT)) << 12n;
  return { vcpu, low, high };
}

function run(vcpu: TestVcpu, op: number, gva: bigint, size: number, data: bigint, expected = 0n): bigint {
  const { insn, cpu, paths } = vcpu;
  insn.clear(op, size, Number(gva >> 32n), Number(gva & 0xffff_ffffn) | 0);
  for (let w = 0; w < 4; w++) {
    insn.data[w] = Number((data >> BigInt(w * 32)) & 0xffff_ffffn) | 0;
    insn.expected[w] = Number((expected >> BigInt(w * 32)) & 0xffff_ffffn) | 0;
  }
  expect(cpu.execute(insn)).toBe(CPU_DONE);
  if (cpu.ended === 0) paths.end();
  const { result } = insn;
  const all = (wordsToBig(result[3]!, result[2]!) << 64n) | wordsToBig(result[1]!, result[0]!);
  return BigInt.asUintN(size * 8, all);
}

const PATTERN = 0xf0e1_d2c3_b4a5_9687_7869_5a4b_3c2d_1e0fn;

describe('operands of every size, inside a line, across lines and across pages', () => {
  for (const size of [1, 2, 4, 8, 16]) {
    it.each([0, 1, 3, 61, 255, 1023, 4096 - 1, 4096 - 3, 4096 - 9])(`size ${size} at offset %i`, (offset) => {
      const { vcpu } = twoPages();
      const at = GVA + BigInt(offset);
      const value = BigInt.asUintN(size * 8, PATTERN);
      run(vcpu, OP.WRITE, at - 1n < GVA ? at : at - 1n, 1, 0xaan);
      run(vcpu, OP.WRITE, at + BigInt(size), 1, 0xbbn);
      run(vcpu, OP.WRITE, at, size, value);
      expect(run(vcpu, OP.READ, at, size, 0n)).toBe(value);
      expect(run(vcpu, OP.READ, at + BigInt(size), 1, 0n)).toBe(0xbbn);
      for (let i = 0; i < size; i++) {
        expect(run(vcpu, OP.READ, at + BigInt(i), 1, 0n)).toBe((value >> BigInt(i * 8)) & 0xffn);
      }
    });
  }

  it.each([
    [OP.ADD, 0xffffn, 1n, 0x1_0000n],
    [OP.OR, 0xf0n, 0x0fn, 0xffn],
    [OP.AND, 0xf0n, 0x3cn, 0x30n],
    [OP.XOR, 0xffn, 0x0fn, 0xf0n],
    [OP.XCHG, 0x11n, 0x22n, 0x22n],
  ])('op %i of %d and %d is %d, the old value is returned', (op, old, data, result) => {
    for (const offset of [8n, 4094n]) {
      const { vcpu } = twoPages();
      run(vcpu, OP.WRITE, GVA + offset, 4, old);
      expect(run(vcpu, op, GVA + offset, 4, data)).toBe(old);
      expect(run(vcpu, OP.READ, GVA + offset, 4, 0n)).toBe(result);
    }
  });

  it('ADD carries into the upper word and is cut at its size', () => {
    const { vcpu } = twoPages();
    run(vcpu, OP.WRITE, GVA, 8, 0xffff_ffffn);
    run(vcpu, OP.ADD, GVA, 8, 1n);
    expect(run(vcpu, OP.READ, GVA, 8, 0n)).toBe(0x1_0000_0000n);
    run(vcpu, OP.WRITE, GVA, 2, 0xffn);
    run(vcpu, OP.ADD, GVA, 1, 1n);
    expect(run(vcpu, OP.READ, GVA, 2, 0n)).toBe(0n);
  });

  it.each([
    [0x1234n, 0x1234n, 0x9999n],
    [0x1234n, 0x1235n, 0x1234n],
  ])('CMPXCHG: memory %d, comparand %d, then %d', (old, comparand, after) => {
    for (const size of [2, 8, 16]) {
      const { vcpu } = twoPages();
      run(vcpu, OP.WRITE, GVA, size, old);
      expect(run(vcpu, OP.CMPXCHG, GVA, size, 0x9999n, comparand)).toBe(old);
      expect(run(vcpu, OP.READ, GVA, size, 0n)).toBe(after);
    }
  });

  it('CMPXCHG that does not match still writes: the page becomes dirty', () => {
    const { vcpu, low } = twoPages();
    vcpu.nested!.setEntry(low, 1, vcpu.nested!.entry(low, 1) & ~EPT_D);
    run(vcpu, OP.CMPXCHG, GVA, 4, 1n, 7n);
    expect(vcpu.nested!.entry(low, 1) & EPT_D).toBe(EPT_D);
  });
});

describe('page-crossing accesses: everything is checked before a byte moves', () => {
  const at = GVA + 4092n;

  it('a refused upper half leaves the lower half alone, and names its own page', () => {
    const { vcpu, high } = twoPages();
    run(vcpu, OP.WRITE, at, 4, 0x1111_1111n);
    vcpu.nested!.setEntry(high, 1, vcpu.nested!.entry(high, 1) & ~2n);
    expect(vcpu.write(at, 0x2222_2222_2222_2222n)).toBe(CPU_EXIT);
    expect(vcpu.gpa).toBe(high);
    expect([vcpu.cpu.exit.glaHi, vcpu.cpu.exit.glaLo]).toEqual([0x7000, 0x2000]);
    expect(run(vcpu, OP.READ, at, 4, 0n)).toBe(0x1111_1111n);
  });

  it.each([
    ['low', GVA + 4092n],
    ['high', NEXT],
  ] as const)('both halves refused: the %s page reports first', (order, address) => {
    const vcpu = new TestVcpu({ config: { pageCrossFaultOrder: order } });
    vcpu.guest.place(GVA, 1);
    expect(vcpu.read(at)).toBe(CPU_FAULT);
    expect(vcpu.registers.at[REG.CR2_LO]).toBe(Number(address & 0xffff_ffffn));
  });

  it('a fetch across pages may fault on the second', () => {
    const { vcpu } = twoPages();
    vcpu.guest.setEntry(NEXT, 1, 0n);
    expect(vcpu.run(OP.FETCH, GVA + 4090n, 15)).toBe(CPU_FAULT);
    expect(vcpu.registers.at[REG.CR2_LO]).toBe(0x2000);
    expect(vcpu.cpu.fault.errorCode).toBe(0x10);
  });

  it('an access over the end of the canonical half is #GP', () => {
    const vcpu = new TestVcpu();
    vcpu.page(0x7fff_ffff_f000n);
    expect(vcpu.read(0x7fff_ffff_fffcn)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault.vector).toBe(13);
  });

  it('charges a split of a page, or of a line', () => {
    const { vcpu } = twoPages();
    vcpu.read(at);
    expect(vcpu.stepsOf(() => vcpu.read(at))).toEqual({ 'guest.read': 1, 'guest.page_split': 1 });
    expect(vcpu.stepsOf(() => vcpu.read(GVA + 60n))).toEqual({ 'guest.read': 1, 'guest.line_split': 1 });
    expect(vcpu.stepsOf(() => vcpu.read(GVA + 4n))).toEqual({ 'guest.read': 1 });
  });
});

describe('string instructions', () => {
  function rep(vcpu: TestVcpu, op: number, to: bigint, from: bigint, size: number, count: number, data = 0n): number {
    const { insn } = vcpu;
    insn.clear(op, size, Number(to >> 32n), Number(to & 0xffff_ffffn) | 0);
    insn.hi2 = Number(from >> 32n);
    insn.lo2 = Number(from & 0xffff_ffffn) | 0;
    insn.count = count;
    insn.data[0] = Number(data & 0xffff_ffffn) | 0;
    insn.data[1] = Number(data >> 32n) | 0;
    const outcome = vcpu.cpu.execute(insn);
    vcpu.paths.end();
    return outcome;
  }

  it('STOS fills across pages; RCX and RDI end where they should', () => {
    const { vcpu } = twoPages();
    const steps = vcpu.stepsOf(() => expect(rep(vcpu, OP.STOS, GVA + 4000n, 0n, 4, 50, 0xdead_beefn)).toBe(CPU_DONE));
    expect(steps['guest.string']).toBe(50);
    expect(vcpu.insn.count).toBe(0);
    expect(vcpu.insn.lo).toBe(Number((GVA + 4200n) & 0xffff_ffffn));
    for (const offset of [4000n, 4092n, 4096n, 4196n])
      expect(run(vcpu, OP.READ, GVA + offset, 4, 0n)).toBe(0xdead_beefn);
    expect(run(vcpu, OP.READ, GVA + 4200n, 4, 0n)).toBe(0n);
  });

  it('an exit in the middle leaves the rest to do, and the instruction goes on from there', () => {
    const { vcpu, high } = twoPages();
    const entry = vcpu.nested!.entry(high, 1);
    vcpu.nested!.setEntry(high, 1, 0n);
    expect(rep(vcpu, OP.STOS, GVA + 4080n, 0n, 8, 6, 7n)).toBe(CPU_EXIT);
    expect(vcpu.insn.count).toBe(4);
    expect(vcpu.gpa).toBe(high);
    vcpu.nested!.setEntry(high, 1, entry);
    expect(vcpu.cpu.execute(vcpu.insn)).toBe(CPU_DONE);
    vcpu.paths.end();
    expect(run(vcpu, OP.READ, NEXT + 24n, 8, 0n)).toBe(7n);
  });

  it('MOVS copies element by element, overlapping upwards', () => {
    const { vcpu } = twoPages();
    run(vcpu, OP.WRITE, GVA, 1, 0x5an);
    expect(rep(vcpu, OP.MOVS, GVA + 1n, GVA, 1, 4200)).toBe(CPU_DONE);
    expect(run(vcpu, OP.READ, GVA + 4200n, 1, 0n)).toBe(0x5an);
    expect(run(vcpu, OP.READ, GVA + 4201n, 1, 0n)).toBe(0n);
  });

  it('MOVS with an element that straddles pages', () => {
    const { vcpu } = twoPages();
    run(vcpu, OP.WRITE, GVA + 4094n, 8, 0x1122_3344_5566_7788n);
    expect(rep(vcpu, OP.MOVS, GVA + 100n, GVA + 4094n, 8, 1)).toBe(CPU_DONE);
    expect(run(vcpu, OP.READ, GVA + 100n, 8, 0n)).toBe(0x1122_3344_5566_7788n);
  });

  it('no elements: nothing', () => {
    const vcpu = new TestVcpu();
    expect(rep(vcpu, OP.STOS, GVA, 0n, 4, 0)).toBe(CPU_DONE);
  });
});
