import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../../core/guest/registers.ts';
import { A, D, P, U, W } from '../driver/tables.ts';
import { BARE, TestVcpu } from '../driver/vcpu.ts';

const LEAF = P | W | U | A | D;
const GVA = 0x8040_3000n;

describe('32-bit paging', () => {
  it('two levels of 4-byte entries: 2 guest loads', () => {
    const vcpu = new TestVcpu({ guestLevels: 2, config: BARE });
    vcpu.page(GVA);
    expect(vcpu.loadsOf(() => expect(vcpu.write(GVA, 5n)).toBe(CPU_DONE))).toEqual({ guest: 2, nested: 12, all: 14 });
    vcpu.read(GVA);
    expect(vcpu.result).toBe(5n);
  });

  it('an address has 32 bits: the upper ones do not matter', () => {
    const vcpu = new TestVcpu({ guestLevels: 2 });
    vcpu.page(GVA);
    vcpu.write(GVA, 5n);
    expect(vcpu.read(GVA | (1n << 32n))).toBe(CPU_DONE);
    expect(vcpu.result).toBe(5n);
  });

  it('4 MiB pages: bits 20:13 are address bits 39:32 (PSE-36), bit 21 is reserved', () => {
    const vcpu = new TestVcpu({ guestLevels: 2 });
    const gfn = (3 << 20) | (1 << 10);
    vcpu.backGuest(gfn + 3);
    vcpu.guest.setEntry(GVA, 2, (1n << 22n) | (3n << 13n) | 0x80n | LEAF);
    expect(vcpu.read(GVA)).toBe(CPU_DONE);
    vcpu.guest.setEntry(GVA, 2, (1n << 22n) | (1n << 21n) | 0x80n | LEAF);
    vcpu.run(OP.INVLPG, GVA);
    expect(vcpu.read(GVA)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault.errorCode).toBe(9);
  });

  it('without CR4.PSE the size bit is ignored', () => {
    const vcpu = new TestVcpu({ guestLevels: 2 });
    vcpu.page(GVA);
    vcpu.guest.setEntry(GVA, 2, vcpu.guest.entry(GVA, 2) | 0x80n | (1n << 21n));
    vcpu.set(REG.CR4, 0);
    vcpu.guest.setEntry(GVA, 2, vcpu.guest.entry(GVA, 2) & ~(1n << 21n));
    expect(vcpu.read(GVA)).toBe(CPU_DONE);
  });
});

describe('PAE paging', () => {
  function pae(nested: 'ept' | 'npt' = 'ept'): TestVcpu {
    const vcpu = new TestVcpu({
      guestLevels: 3,
      config: { nested, nestedTlbEntries: 0, pscSizes: nested === 'npt' ? 0 : BARE.pscSizes },
    });
    vcpu.page(GVA);
    return vcpu;
  }

  it('Intel reads the four pointers with CR3, then walks two levels; AMD walks three', () => {
    const intel = pae();
    intel.read(GVA);
    intel.run(OP.INVLPG, GVA);
    expect(intel.loadsOf(() => intel.read(GVA)).guest).toBe(2);
    const amd = pae('npt');
    expect(amd.loadsOf(() => amd.read(GVA)).guest).toBe(3);
  });

  it('Intel does not see a changed pointer until CR3 is written; AMD does', () => {
    for (const [nested, outcome] of [
      ['ept', CPU_DONE],
      ['npt', CPU_FAULT],
    ] as const) {
      const vcpu = pae(nested);
      vcpu.read(GVA);
      vcpu.guest.setEntry(GVA, 3, 0n);
      vcpu.run(OP.INVLPG, GVA);
      expect(vcpu.read(GVA)).toBe(outcome);
      vcpu.run(OP.MOV_CR3, 0n, 8, BigInt(vcpu.registers.at[REG.CR3_LO]!));
      expect(vcpu.read(GVA)).toBe(CPU_FAULT);
    }
  });

  it('reserved bits of a present pointer: #GP at MOV to CR3, which is not carried out', () => {
    const vcpu = pae();
    const cr3 = BigInt(vcpu.registers.at[REG.CR3_LO]!);
    vcpu.guest.setEntry(0n, 3, P | (1n << 5n));
    expect(vcpu.run(OP.MOV_CR3, 0n, 8, cr3 + 0x20n)).toBe(CPU_DONE);
    expect(vcpu.run(OP.MOV_CR3, 0n, 8, cr3)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault).toMatchObject({ vector: 13, errorCode: 0 });
    expect(BigInt(vcpu.registers.at[REG.CR3_LO]!)).toBe(cr3 + 0x20n);
  });

  it('a violation while the pointers are loaded has no linear address', () => {
    const vcpu = pae();
    const cr3 = BigInt(vcpu.registers.at[REG.CR3_LO]!);
    const table = BigInt(vcpu.guest.root) << 12n;
    vcpu.nested!.setEntry(table, 1, 0n);
    expect(vcpu.run(OP.MOV_CR3, 0n, 8, cr3)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.qualification).toBe(0x03);
    expect(vcpu.gpa).toBe(table);
  });

  it('CR3 bits 11:5 are part of the pointers’ address', () => {
    const vcpu = pae();
    const root = vcpu.guest.root;
    const entry = vcpu.guest.entry(GVA, 3);
    vcpu.memory.setEntry(vcpu.hostOf(root), 4 + 2, Number(entry >> 32n), Number(entry & 0xffff_ffffn));
    vcpu.guest.setEntry(GVA, 3, 0n);
    vcpu.run(OP.MOV_CR3, 0n, 8, BigInt(root * 4096 + 32));
    expect(vcpu.read(GVA)).toBe(CPU_DONE);
  });
});

describe('paging off', () => {
  it('linear is guest-physical, everything allowed, and the second dimension still rules', () => {
    const vcpu = new TestVcpu({ config: BARE });
    vcpu.set(REG.CR0, CR0.PE);
    vcpu.set(REG.EFER, 0);
    vcpu.backGuest(0x55);
    expect(vcpu.loadsOf(() => expect(vcpu.write(0x55_123n, 9n, 1)).toBe(CPU_DONE))).toEqual({
      guest: 0,
      nested: 4,
      all: 4,
    });
    expect(vcpu.loadsOf(() => vcpu.read(0x55_123n, 1)).all).toBe(0);
    expect(vcpu.read(0x56_000n)).toBe(CPU_EXIT);
    expect(vcpu.gpa).toBe(0x56_000n);
    expect(vcpu.cpu.exit.qualification).toBe(0x181);
  });

  it('MOV CR0 with EFER.LME enters and leaves long mode', () => {
    const vcpu = new TestVcpu();
    vcpu.page(GVA);
    const cr0 = BigInt(vcpu.registers.at[REG.CR0]! >>> 0);
    vcpu.run(OP.MOV_CR0, 0n, 8, cr0 & 0x7fff_ffffn);
    expect(vcpu.registers.at[REG.EFER]! & EFER.LMA).toBe(0);
    vcpu.run(OP.MOV_CR0, 0n, 8, cr0);
    expect(vcpu.registers.at[REG.EFER]! & EFER.LMA).toBe(EFER.LMA);
    expect(vcpu.read(GVA)).toBe(CPU_DONE);
  });
});

describe('control registers that refuse', () => {
  it.each([
    ['CR4.PAE cleared in long mode', OP.MOV_CR4, BigInt(CR4.PGE)],
    ['CR4.LA57 set in long mode', OP.MOV_CR4, BigInt(CR4.PAE | CR4.LA57)],
    ['CR0.PG without PE', OP.MOV_CR0, 0x8000_0000n],
    ['CR3 with an address bit above MAXPHYADDR', OP.MOV_CR3, 1n << 46n],
    ['CR3 bit 63 without PCIDs', OP.MOV_CR3, 1n << 63n],
  ])('%s: #GP(0)', (_, op, value) => {
    const vcpu = new TestVcpu();
    expect(vcpu.run(op, 0n, 8, value)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault).toMatchObject({ vector: 13, errorCode: 0 });
  });

  it('CR4.PCIDE with a PCID in CR3', () => {
    const vcpu = new TestVcpu();
    vcpu.set(REG.CR3_LO, vcpu.registers.at[REG.CR3_LO]! | 3);
    expect(vcpu.run(OP.MOV_CR4, 0n, 8, BigInt(vcpu.registers.at[REG.CR4]! | CR4.PCIDE))).toBe(CPU_FAULT);
  });
});

describe('one table only: native and shadow', () => {
  it('the table that setRoot names is walked, with the registers that are forced', () => {
    const vcpu = new TestVcpu({ config: { nested: 'none' } });
    vcpu.page(0x5000n, P | U | A | D);
    vcpu.registers.at[REG.CR0] = CR0.PE;
    vcpu.set(REG.EFER, 0);
    expect(vcpu.write(0x5000n, 1n)).toBe(CPU_DONE);
    vcpu.cpu.controls.forceCr0 = CR0.WP;
    vcpu.cpu.registersChanged();
    expect(vcpu.write(0x5000n, 1n)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault.errorCode).toBe(3);
  });

  it('linear mappings know no root: a new one shows only after a flush', () => {
    const vcpu = new TestVcpu({ config: { nested: 'none' } });
    vcpu.page(0x5000n);
    vcpu.read(0x5000n);
    vcpu.cpu.setRoot(vcpu.memory.allocFrame(), 4);
    expect(vcpu.read(0x5000n)).toBe(CPU_DONE);
    vcpu.cpu.invalidation.allLinear();
    expect(vcpu.read(0x5000n)).toBe(CPU_FAULT);
  });
});
