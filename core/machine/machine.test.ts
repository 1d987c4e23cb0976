import { describe, expect, it } from 'vitest';
import { drive, memslot } from '../../test/driver/machine-driver.ts';
import { OP } from '../guest/instruction.ts';
import type { HostOp } from '../guest/setup.ts';
import type { Machine } from './machine.ts';

const MIB = 1 << 20;
const MMUS = ['ept', 'npt'] as const;
const HOLE = 0x4000_0000;

describe.each(MMUS)('long string instructions on %s', (mmu) => {
  const machine = () =>
    drive({ mmu })
      .ram(0, 4 * MIB)
      .map(HOLE, 0x4000);

  it('that exit at every element get to their end', () => {
    const d = machine().start();
    d.insn(OP.OUTS, 1, 0x510, 0x1000, 200);
    d.insn(OP.STOS, 1, HOLE, 1, 300);
    expect(d.result().userspaceExits).toBe(500);
    d.expectNoDivergence();
  });

  it('that fault in hundreds of pages get to their end', () => {
    const d = machine().start();
    d.insn(OP.STOS, 8, 0x1000, 5n, 512 * 300);
    expect(d.read64(0x1000 + 8 * 512 * 299)).toBe(5n);
    d.expectNoDivergence();
  });

  it('leave the path table exact when they have more elements than a step may repeat', () => {
    const d = machine().start();
    d.insn(OP.STOS, 1, 0x1000, 7, 300_000);
    expect(d.read(1, 0x1000 + 299_999)).toBe(7n);
    d.expectNoDivergence();
  });
});

describe.each(MMUS)('faults that KVM finds while it emulates, on %s', (mmu) => {
  it('are #GP for an address that is not canonical', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .start();
    d.insn(OP.OUTS, 1, 0x510, 0x9000_0000_0000n, 2);
    expect(d.fault).toMatchObject({ vector: 13, errorCode: 0 });
    d.expectNoDivergence();
  });

  it('say PK where the key refuses, whatever else does', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .map(0x6000_0000, 4096, { gpa: 0x1000n, pkey: 1, writable: false })
      .registers({ pke: true, pkru: 4 })
      .start();
    d.write32(0x6000_0000, 1);
    expect(d.fault).toEqual({ vector: 14, errorCode: 0x23, address: 0x6000_0000n });
    d.insn(OP.OUTS, 1, 0x510, 0x6000_0000, 2);
    expect(d.fault).toEqual({ vector: 14, errorCode: 0x21, address: 0x6000_0000n });
    d.expectNoDivergence();
  });
});

describe.each(MMUS)('operands on %s', (mmu) => {
  it('may lie in the upper half, be 16 bytes wide and hold any 64-bit value', () => {
    const high = -0x7fff_ffff_f000n;
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .map(high, 0x2000, { gpa: 0x1000n })
      .start();
    d.write64(high + 4n, 0xfedc_ba98_7654_3210n);
    expect(d.read64(0x1004)).toBe(0xfedc_ba98_7654_3210n);
    d.insn(OP.WRITE, 16, high + 0xff9n, 0x1122_3344_5566_7788n, -2n);
    expect(d.read64(0x1ff9)).toBe(0x1122_3344_5566_7788n);
    expect(d.read64(0x2001)).toBe(0xffff_ffff_ffff_fffen);
    expect(d.read(2, high + 0xfffn)).toBe(0x1122n);
    d.expectNoDivergence();
  });

  it('come back zero-extended when they cross a page', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .start();
    d.write64(0x1ff8, -1n).write64(0x2000, -1n);
    d.read64(0x1ffc);
    d.read(2, 0x1fff);
    expect(d.machine.resultLo >>> 0).toBe(0xffff);
    d.read(1, 0x2000);
    expect(d.machine.resultLo >>> 0).toBe(0xff);
  });
});

describe.each(MMUS)('the host of %s', (mmu) => {
  it('takes pages away without a trace for the guest', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .start();
    for (let page = 0; page < 16; page++) d.write32(page * 4096, page + 1);
    expect(d.during(() => d.read32(0x3000)).stats).toEqual({});
    d.host({ kind: 'reclaim', gpa: 0n, size: 0x10000n });
    const again = d.during(() => expect(d.read32(0x3000)).toBe(4n));
    expect(again.stats).toMatchObject({ pf_taken: 1, pf_fixed: 1, pages_4k: 1 });
    d.expectNoDivergence();
  });

  it('sees each page written once per round of dirty logging', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .start();
    for (let page = 0; page < 8; page++) d.write32(page * 4096, 1);
    expect(d.host(memslot(0, 0, 4 * MIB, { logDirty: true }))).toBe(0);
    for (let round = 0; round < 2; round++) {
      const writes = d.during(() => {
        for (let page = 0; page < 8; page++) d.write32(page * 4096, 2).write32(page * 4096 + 8, 3);
      });
      // Intel logs by PML and has no fault at all. AMD's walks write the four levels of guest tables too, for their accessed bits.
      if (mmu === 'npt') expect(writes.stats).toMatchObject({ pf_taken: 12, pf_fixed: 12 });
      else expect(writes.stats).toEqual({});
      expect(d.host({ kind: 'get-dirty-log', slot: 0 })).toBe(0);
    }
    d.expectNoDivergence();
  });
});

describe.each(['sapphire-rapids', 'skylake-sp', 'zen4'])(
  'a guest address that four nested levels cannot name, on %s',
  (cpu) => {
    it.each([48n, 51n])('bit %d is reserved in the guest, and no other address is touched', (bit) => {
      const d = drive({ mmu: cpu === 'zen4' ? 'npt' : 'ept', cpu })
        .ram(0, 4 * MIB)
        .map(0x6000_0000, 4096, { gpa: (1n << bit) | 0x10_0000n })
        .start();
      d.write32(0x6000_0000, 7);
      expect(d.fault).toEqual({ vector: 14, errorCode: 0xb, address: 0x6000_0000n });
      expect(d.write32(0x10_0000, 9).read32(0x10_0000)).toBe(9n);
      d.expectNoDivergence();
    });
  },
);

describe('memslots over host addresses of the script', () => {
  it('may share any part of their host memory', () => {
    const hva = 0x5555_0000_0000n;
    const slot = (id: number, gpa: number, size: number, at: bigint) => ({ ...memslot(id, gpa, size), hva: at });
    const d = drive()
      .ram(0, 4 * MIB)
      .map(0x1000_0000, 0x4000)
      .map(0x2000_0000, 0x4000)
      .map(0x3000_0000, 0x4000)
      .start();
    expect(d.host(slot(1, 0x1000_0000, 0x2000, hva) as HostOp)).toBe(0);
    expect(d.host(slot(2, 0x2000_0000, 0x4000, hva - 0x1000n) as HostOp)).toBe(0);
    expect(d.host(slot(3, 0x3000_0000, 0x4000, hva + 0x1000n) as HostOp)).toBe(0);
    d.write32(0x1000_1000, 7);
    expect(d.read32(0x2000_2000)).toBe(7n);
    expect(d.read32(0x3000_0000)).toBe(7n);
    d.write32(0x2000_0000, 8).write32(0x3000_3000, 9);
    expect(d.read32(0x2000_0000)).toBe(8n);
    expect(d.read32(0x3000_3000)).toBe(9n);
    d.expectNoDivergence();
  });
});

describe('the view of the reference', () => {
  it('looks at memory without touching it: what nobody has touched reads as zero and takes no frame', () => {
    const d = drive()
      .ram(0, 4 * MIB)
      .start();
    const { guestView, kvm, memory } = (d.machine as unknown as { machine: Machine }).machine.parts;
    d.write32(0x3000, 7).host({ kind: 'reclaim', gpa: 0x3000n, size: 4096n });
    const frames = memory.frames;
    const words = Int32Array.of(-1);
    expect(guestView.readGuest(0, 0x8000, 4, words)).toBe(true);
    expect(words[0]).toBe(0);
    expect(guestView.readGuest(0, 0x3000, 4, words)).toBe(true);
    expect(words[0]).toBe(7);
    expect(memory.frames).toBe(frames);
    const row = kvm.slots.find(0, 3);
    expect(kvm.hostMm.present(kvm.slots.table.hvaPage[row]! + 3)).toBe(0);
  });
});

describe('counts of nested loops', () => {
  it('that would pass 2^53 stop the run at the line of the loop', () => {
    const d = drive()
      .ram(0, 4 * MIB)
      .start();
    // A loop's record takes the line that stands when its body is over.
    d.repeat(5, () => {
      d.repeat(1e9, () => {
        d.repeat(1e9, () => d.at(10).read32(0x1000));
        d.at(8);
      });
      d.at(7);
    });
    expect(d.machine.problem).toEqual({ text: expect.stringContaining('2^53') as string, line: 8 });
    expect(d.result().accesses).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it('that stay below are exact', () => {
    const d = drive()
      .ram(0, 4 * MIB)
      .start();
    d.repeat(5, () => d.repeat(1e6, () => d.repeat(1e6, () => d.read32(0x1000))));
    expect(d.machine.problem).toBeNull();
    expect(d.result().accesses).toBe(5e12);
  });
});

describe.each(MMUS)('set-up of guest tables on %s', (mmu) => {
  it('132: code in a read-only slot runs without an exit after the first mapping', () => {
    const d = drive({ mmu })
      .ram(0, 4 * MIB)
      .ram(HOLE, MIB, { readonly: true })
      .start();
    expect(d.during(() => d.insn(OP.FETCH, 1, HOLE)).exits).not.toEqual({});
    expect(d.during(() => d.repeat(100, () => d.insn(OP.FETCH, 1, HOLE))).exits).toEqual({});
    d.expectNoDivergence();
  });

  it('maps runs that begin and end inside a table', () => {
    const d = drive({ mmu })
      .ram(0, 8 * MIB)
      .map(0x6000_0000 + 0x1f_e000, 0x40_3000, { gpa: 0x1000n })
      .start();
    for (const page of [0, 1, 2, 511, 513, 514, 0x402]) {
      d.write32(0x1000 + page * 4096, page + 1);
      expect(d.read32(0x6000_0000 + 0x1f_e000 + page * 4096)).toBe(BigInt(page + 1));
    }
    d.read32(0x6000_0000 + 0x1f_d000);
    expect(d.fault).toMatchObject({ vector: 14, errorCode: 0 });
    d.read32(0x6000_0000 + 0x1f_e000 + 0x40_3000);
    expect(d.fault).toMatchObject({ vector: 14, errorCode: 0 });
    d.expectNoDivergence();
  });

  it('refuses more pages than a set-up should write', () => {
    expect(() =>
      drive({ mmu })
        .ram(0, 1n << 40n)
        .start(),
    ).toThrow("mapping 1 TiB in 4 KiB pages needs 524288 tables: give map: '2M', or map less");
  });

  it.each(['2-level', 'pae'] as const)('refuses protection keys under %s paging', (mode) => {
    expect(() =>
      drive({ mmu })
        .ram(0, 4 * MIB)
        .paging(mode)
        .map(HOLE, 4096, { gpa: 0x1000n, pkey: 1 })
        .start(),
    ).toThrow('protection keys need 4-level paging');
  });
});
