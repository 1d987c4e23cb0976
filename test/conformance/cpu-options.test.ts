import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import { FLAG_IMPLICIT, OP } from '../../core/guest/instruction.ts';
import { CR4, REG } from '../../core/guest/registers.ts';
import type { HardwarePort } from '../../core/kvm/hardware-port.ts';
import { A, D, P, U, W } from '../driver/tables.ts';
import { INTEL, TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x7000_0000_1000n;

describe('the port', () => {
  it('is what KVM asks for', () => {
    const port: HardwarePort = new CpuHardware(new TestVcpu().cpu);
    expect(port.pmlIndex()).toBe(511);
  });
});

describe('addresses', () => {
  it('may come as signed or unsigned words', () => {
    const vcpu = new TestVcpu();
    const kernel = 0xffff_8880_8000_1000n;
    vcpu.page(kernel);
    for (const hi of [0xffff_8880, 0xffff_8880 | 0]) {
      for (let i = 0; i < 3; i++) {
        vcpu.insn.clear(OP.READ, 8, hi, hi < 0 ? 0x8000_1000 | 0 : 0x8000_1000);
        expect(vcpu.cpu.execute(vcpu.insn)).toBe(CPU_DONE);
        if (vcpu.cpu.ended === 0) vcpu.paths.end();
      }
      expect(vcpu.cpu.ended).toBe(1);
    }
    expect(vcpu.steps()['guest.read']).toBe(6);
    expect(vcpu.steps()['walk.fixed']).toBe(1);
  });
});

describe('options', () => {
  it('dataCache: data has a place it comes from', () => {
    const vcpu = new TestVcpu({ config: { dataCache: true } });
    vcpu.page(GVA);
    expect(vcpu.stepsOf(() => vcpu.read(GVA))['guest.data_dram']).toBe(1);
    expect(vcpu.stepsOf(() => vcpu.read(GVA + 8n))).toEqual({ 'guest.read': 1 });
    const off = new TestVcpu();
    off.page(GVA);
    expect(off.stepsOf(() => off.read(GVA))['guest.data_dram']).toBeUndefined();
  });

  it('walkerLoadsThroughL1D off: table loads come from L2 at best', () => {
    const vcpu = new TestVcpu({ config: { walkerLoadsThroughL1D: false } });
    vcpu.page(GVA);
    vcpu.read(GVA);
    vcpu.cpu.invalidation.everything();
    const steps = vcpu.stepsOf(() => vcpu.read(GVA));
    expect([steps['walk.guest_l1'], steps['walk.guest_l2'], steps['walk.nested_l1']]).toEqual([
      undefined,
      4,
      undefined,
    ]);
  });

  it('tlbRightsMissRewalks: a fault of the guest’s rules is walked first, or raised from the TLB', () => {
    for (const [rewalks, loads] of [
      [true, 1],
      [false, 0],
    ] as const) {
      const vcpu = new TestVcpu({ config: { tlbRightsMissRewalks: rewalks } });
      vcpu.page(GVA, P | U | A | D);
      vcpu.read(GVA);
      expect(vcpu.loadsOf(() => expect(vcpu.write(GVA, 1n)).toBe(CPU_FAULT)).guest).toBe(loads);
      expect(vcpu.cpu.fault.errorCode).toBe(3);
    }
  });

  it('rights raised in memory: the walk before the fault sees them, the TLB does not', () => {
    for (const [rewalks, outcome] of [
      [true, CPU_DONE],
      [false, CPU_FAULT],
    ] as const) {
      const vcpu = new TestVcpu({ config: { tlbRightsMissRewalks: rewalks } });
      vcpu.page(GVA, P | U | A | D);
      vcpu.read(GVA);
      vcpu.guest.setEntry(GVA, 1, vcpu.guest.entry(GVA, 1) | W);
      expect(vcpu.write(GVA, 1n)).toBe(outcome);
      // A spurious fault cleans itself.
      expect(vcpu.write(GVA, 1n)).toBe(CPU_DONE);
    }
  });

  it('a store TLB of its own: a page read is not yet a page to write', () => {
    const own = {
      p4k: null,
      p2m: null,
      p1g: null,
      shared: { sizes: ['4K', '2M', '1G'] as const, geometry: { entries: 16, ways: 16, source: 'test' } },
    };
    const vcpu = new TestVcpu({ geometry: { ...INTEL, storeDtlb: own } });
    vcpu.page(GVA);
    vcpu.read(GVA);
    expect(vcpu.stepsOf(() => vcpu.write(GVA, 1n))).toEqual({ 'guest.write': 1, 'guest.dtlb_l2_hit': 1 });
    expect(vcpu.stepsOf(() => vcpu.write(GVA, 1n))).toEqual({ 'guest.write': 1 });
  });

  it('an implicit supervisor access ignores CPL and AC, but not SMAP', () => {
    const vcpu = new TestVcpu();
    vcpu.page(GVA, P | W | A | D);
    vcpu.page(GVA + 0x1000n);
    vcpu.set(REG.CPL, 3);
    vcpu.set(REG.AC, 1);
    const implicit = (gva: bigint): number => {
      vcpu.insn.clear(OP.READ, 8, Number(gva >> 32n), Number(gva & 0xffff_ffffn));
      vcpu.insn.flags = FLAG_IMPLICIT;
      const outcome = vcpu.cpu.execute(vcpu.insn);
      vcpu.paths.end();
      return outcome;
    };
    expect(vcpu.read(GVA)).toBe(CPU_FAULT);
    expect(implicit(GVA)).toBe(CPU_DONE);
    expect(implicit(GVA + 0x1000n)).toBe(CPU_DONE);
    vcpu.set(REG.CR4, vcpu.registers.at[REG.CR4]! | CR4.SMAP);
    expect(implicit(GVA + 0x1000n)).toBe(CPU_FAULT);
    expect(vcpu.cpu.fault.errorCode).toBe(1);
  });

  it('effective page: the smaller of the guest’s and the host’s', () => {
    const cases = [
      [2, 1, 4096n, 1],
      [2, 2, 4096n, 0],
      [1, 2, 4096n, 1],
    ] as const;
    for (const [guest, host, step, walks] of cases) {
      const vcpu = new TestVcpu();
      const gfn = 1 << 18;
      if (host === 2) vcpu.backGuest(gfn, 2);
      else for (let i = 0; i < 4; i++) vcpu.backGuest(gfn + i);
      const gva = 0x7000_4000_0000n;
      if (guest === 2) vcpu.mapGuest(gva, gfn, undefined, 2);
      else for (let i = 0; i < 4; i++) vcpu.mapGuest(gva + BigInt(i) * 4096n, gfn + i);
      vcpu.read(gva);
      expect(vcpu.stepsOf(() => vcpu.read(gva + step))['walk.fixed'] ?? 0).toBe(walks);
    }
  });

  it('evictEvery: same seed, same evictions', () => {
    const play = (seed: number): string => {
      const vcpu = new TestVcpu({ config: { evictEvery: 2, seed } });
      for (let n = 0; n < 8; n++) vcpu.page(GVA + BigInt(n) * 4096n);
      for (let n = 0; n < 200; n++) expect(vcpu.read(GVA + BigInt(n % 8) * 4096n)).toBe(CPU_DONE);
      return JSON.stringify(vcpu.steps());
    };
    expect(play(1)).toBe(play(1));
    expect(play(1)).not.toBe(play(2));
  });
});
