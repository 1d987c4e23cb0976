import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP } from '../guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../guest/registers.ts';
import { StateSet } from '../base/state.ts';
import { A, TestGuest } from '../../test/driver/reference-guest.ts';
import { PIECE } from './observation.ts';

const OPS = [OP.READ, OP.WRITE, OP.ADD, OP.OR, OP.AND, OP.XOR, OP.XCHG, OP.CMPXCHG];
const access = fc.record({
  op: fc.constantFrom(...OPS),
  size: fc.constantFrom(1, 2, 4, 8),
  offset: fc.oneof(
    fc.integer({ min: 0, max: 64 }),
    fc.integer({ min: 0xff0, max: 0x1020 }),
    fc.integer({ min: 0, max: 0x2ff0 }),
  ),
  value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  expected: fc.constantFrom(0n, 1n, 0xffn),
});

/** The plainest memory there is: a byte a map entry, arithmetic in bigints. */
class PlainMemory {
  private readonly bytes = new Map<number, number>();

  load(at: number, size: number): bigint {
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes.get(at + i) ?? 0);
    return value;
  }

  store(at: number, size: number, value: bigint): void {
    for (let i = 0; i < size; i++) this.bytes.set(at + i, Number((value >> BigInt(8 * i)) & 0xffn));
  }
}

function compute(op: number, old: bigint, value: bigint, expected: bigint): bigint {
  if (op === OP.ADD) return old + value;
  if (op === OP.OR) return old | value;
  if (op === OP.AND) return old & value;
  if (op === OP.XOR) return old ^ value;
  if (op === OP.CMPXCHG) return old === expected ? value : old;
  return value;
}

describe('random programs', () => {
  it('on RAM behave as bytes in a map do', () => {
    fc.assert(
      fc.property(fc.array(access, { maxLength: 60 }), (program) => {
        const guest = new TestGuest();
        const plain = new PlainMemory();
        guest.region(0, 0n, 0x1000n);
        guest.region(1, 0x1000n, 0x2000n);
        for (const { op, size, offset, value, expected } of program) {
          const mask = (1n << BigInt(size * 8)) - 1n;
          guest.begin(op, BigInt(offset), size);
          guest.insn.data.set([Number(value & 0xffff_ffffn), Number(value >> 32n)]);
          guest.insn.expected[0] = Number(expected);
          guest.reference.before(guest.insn, guest.regs, 0);
          const { result, hasResult, pieces } = guest.reference.expect(guest.seen);
          const old = plain.load(offset, size);
          if (op !== OP.READ) plain.store(offset, size, compute(op, old, value & mask, expected & mask) & mask);
          expect(pieces.length).toBe(0);
          expect(hasResult).toBe(op === OP.WRITE ? 0 : 1);
          if (hasResult === 1) {
            const got = (BigInt(result[1]! >>> 0) << 32n) | BigInt(result[0]! >>> 0);
            expect(got & mask).toBe(old);
          }
        }
      }),
    );
  });

  it('diverge from nothing when the machine is a second reference, with devices, zones and read-only memory around', () => {
    fc.assert(
      fc.property(
        fc.array(access, { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 9 }),
        (program, answers) => {
          const guest = new TestGuest();
          for (const side of [guest.reference, guest.machine]) {
            side.setRegion(0, A, 0x1000n, 0x1000n, false);
            side.setRegion(1, A + 0x2000n, 0x1000n, 0x2000n, true);
            side.assignIoeventfd({ pio: false, addr: A + 0x1004n, length: 0, datamatch: null, fd: 1 });
            side.assignIoeventfd({ pio: false, addr: A + 0x1008n, length: 4, datamatch: 1n, fd: 2 });
            side.assignIoeventfd({ pio: false, addr: A + 0x2010n, length: 4, datamatch: null, fd: 3 });
            side.registerZone(false, A + 0x1010n, 0x20n);
          }
          program.forEach(({ op, size, offset, value }, step) => {
            guest.begin(op, A + BigInt(offset), size, [Number(value & 0xffff_ffffn), Number(value >> 32n)]);
            guest.reference.before(guest.insn, guest.regs, step);
            // The machine's userspace answers first; then the machine carries the rest out.
            guest.machine.before(guest.insn, guest.regs, 0);
            if (op !== OP.WRITE) {
              deviceParts(offset, size).forEach(([at, bytes], i) => {
                const answer = answers[(step + i) % Math.max(answers.length, 1)] ?? 0;
                guest.seen.mmio(false, 0, Number(A) + at, bytes, 0, answer);
              });
            }
            const done = guest.machine.expect(guest.seen);
            for (let i = 0; i < done.pieces.length; i++) copyPiece(guest, i);
            if (done.hasResult === 1) guest.returns(...done.result);
            guest.end();
          });
          expect(guest.reference.log.list()).toEqual([]);
          expect(guest.reference.checkMemory(guest.machine)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The parts of an operand that lie in no slot: offset from A and bytes. */
function deviceParts(offset: number, size: number): [number, number][] {
  const first = Math.min(size, 0x1000 - (offset % 0x1000));
  const parts: [number, number][] = [[offset, first]];
  if (first < size) parts.push([offset + first, size - first]);
  return parts.filter(([at]) => at >> 12 === 1);
}

/** Shows a piece that the machine made, other than a read, to the reference. */
function copyPiece(guest: TestGuest, i: number): void {
  const { kind, hi, lo, size, fd, dataHi, dataLo } = guest.machine.expectation.pieces;
  if (kind[i] === PIECE.MMIO_READ) return;
  guest.seen.pieces.push(kind[i]!, hi[i]!, lo[i]!, size[i]!, fd[i]!, dataHi[i]!, dataLo[i]!);
}

describe('what a fixed-point detector asks', () => {
  it('memory marks changes, and only changes', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    const store = (value: number) => {
      guest.reference.changed[0] = 0;
      guest.write(8n, 4, value);
      guest.expected();
      return guest.reference.changed[0];
    };
    expect([store(1), store(1), store(2)]).toEqual([1, 0, 1]);
  });

  it('divergence counts are counters, and the rest of a steady loop is unchanged state', () => {
    const guest = new TestGuest();
    guest.eventfd(A, 0);
    guest.region(0, A, 0x1000n, true);
    const state = new StateSet();
    guest.reference.register(state);
    const turn = () => {
      guest.read(A, 4);
      guest.seen.signal(1);
      guest.end();
    };
    turn();
    turn();
    turn();
    const before = state.snapshot();
    turn();
    expect(state.sameState(before)).toBe(true);
    state.repeatGrowth(before, 1_000_000);
    expect(guest.reference.log.list().map((d) => d.count)).toEqual([1_000_004, 1_000_003]);
  });
});

describe("the guest's own duty to invalidate", () => {
  /** A 4-level guest whose tables are mapped at their own addresses. */
  function paged(): TestGuest {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x10_0000n);
    for (const side of [guest.reference, guest.machine]) {
      [0x2007, 0x3007, 0x4007].forEach((entry, i) => side.pokeEntry(0, 0x1000 * (i + 1), 0, entry));
      for (let page = 0; page < 16; page++) side.pokeEntry(0, 0x4000 + page * 8, 0, page * 0x1000 + 7);
      side.pokeWord(0, 0x8000, 0x88);
      side.pokeWord(0, 0x9000, 0x99);
    }
    guest.regs.at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
    guest.regs.at[REG.CR3_LO] = 0x1000;
    guest.regs.at[REG.CR4] = CR4.PAE;
    guest.regs.at[REG.EFER] = EFER.LMA | EFER.LME | EFER.NXE;
    return guest;
  }
  const readBack = (guest: TestGuest, value: number): string[] => {
    guest.read(0x8000n, 4);
    guest.returns(value);
    return guest.end();
  };
  const remap = (guest: TestGuest): void => {
    readBack(guest, 0x88);
    guest.write(0x4040n, 8, 0x9007, 0);
    guest.machine.pokeEntry(0, 0x4040, 0, 0x9007);
    guest.end();
  };

  it('an old value before the INVLPG is the guest’s own fault', () => {
    const guest = paged();
    remap(guest);
    const [told] = readBack(guest, 0x88);
    expect(told).toMatch(
      /^stale-translation: read of 4 bytes at 0x9000 returned 0x88; it had to return 0x99 \(the guest changed/,
    );
  });

  it('and a wrong read after it', () => {
    const guest = paged();
    remap(guest);
    guest.begin(OP.INVLPG, 0x8000n, 0);
    guest.end();
    expect(readBack(guest, 0x88)).toEqual([
      'wrong-read: read of 4 bytes at 0x9000 returned 0x88; it had to return 0x99',
    ]);
  });

  it('the new value is right both before and after', () => {
    const guest = paged();
    remap(guest);
    expect(readBack(guest, 0x99)).toEqual([]);
  });

  it('a crossing write that faults on its second page stores nothing on its first', () => {
    const guest = paged();
    guest.write(0xfffcn, 8, 1, 2);
    guest.seen.fault(14, 2, 0, 0x10000);
    guest.machine.pokeWord(0, 0xfffc, 1);
    expect(guest.end()).toEqual([
      'wrong-write: write of 8 bytes at virtual 0xfffc changed memory that it may not change (4 bytes at 0xfffc): 0x1, before 0x0',
    ]);
  });
});
