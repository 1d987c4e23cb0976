import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT } from '../../core/cpu/cpu.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { EXIT_REASON } from '../../core/spec/vm-exit.ts';
import { A, D, EPT_A, EPT_D, P, U, W } from '../driver/tables.ts';
import { BARE, TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x7000_0000_1000n;

/** A page whose guest and EPT entries have no accessed and dirty flags anywhere on its own path. */
function clean(config: Partial<CpuConfig> = {}): { vcpu: TestVcpu; port: CpuHardware; gpa: bigint } {
  const vcpu = new TestVcpu({ config });
  const gfn = 1 << 27;
  vcpu.backGuest(gfn);
  vcpu.mapGuest(GVA, gfn, P | W | U);
  const gpa = BigInt(gfn) << 12n;
  for (let level = 1; level <= 4; level++) {
    if (level > 1) vcpu.guest.setEntry(GVA, level, vcpu.guest.entry(GVA, level) & ~A);
    if (level < 4) vcpu.nested!.setEntry(gpa, level, vcpu.nested!.entry(gpa, level) & ~(EPT_A | EPT_D));
  }
  return { vcpu, port: new CpuHardware(vcpu.cpu), gpa };
}

describe('accessed and dirty flags of the guest', () => {
  it('A in every entry used, D in the leaf of a write, once', () => {
    const { vcpu } = clean();
    const steps = vcpu.stepsOf(() => expect(vcpu.read(GVA)).toBe(CPU_DONE));
    expect(steps['walk.set_ad']).toBe(4);
    for (let level = 1; level <= 4; level++) expect(vcpu.guest.entry(GVA, level) & (A | D)).toBe(A);
    expect(vcpu.stepsOf(() => vcpu.write(GVA, 1n))['walk.set_ad']).toBe(1);
    expect(vcpu.guest.entry(GVA, 1) & (A | D)).toBe(A | D);
    expect(vcpu.stepsOf(() => vcpu.write(GVA, 1n))).toEqual({ 'guest.write': 1 });
  });

  it('a write through a translation cached by a read walks again to set D', () => {
    const { vcpu } = clean();
    vcpu.read(GVA);
    expect(vcpu.loadsOf(() => vcpu.write(GVA, 1n)).guest).toBe(1);
  });

  it('a refused access sets nothing', () => {
    const { vcpu } = clean();
    vcpu.guest.setEntry(GVA, 1, vcpu.guest.entry(GVA, 1) & ~W);
    vcpu.write(GVA, 1n);
    for (let level = 1; level <= 4; level++) expect(vcpu.guest.entry(GVA, level) & A).toBe(0n);
  });

  it('an access that the second dimension refuses has set them: the guest walk succeeded', () => {
    const { vcpu, gpa } = clean();
    vcpu.nested!.setEntry(gpa, 1, 0n);
    expect(vcpu.write(GVA, 1n)).toBe(CPU_EXIT);
    expect(vcpu.guest.entry(GVA, 1) & (A | D)).toBe(A | D);
  });
});

describe('accessed and dirty flags of EPT', () => {
  it('A at every level, D in the leaf on a write; sticky', () => {
    const { vcpu, gpa } = clean();
    vcpu.read(GVA);
    expect([1, 2, 3].map((level) => vcpu.nested!.entry(gpa, level) & (EPT_A | EPT_D))).toEqual([EPT_A, EPT_A, EPT_A]);
    vcpu.write(GVA, 1n);
    expect(vcpu.nested!.entry(gpa, 1) & EPT_D).toBe(EPT_D);
  });

  it('off: nothing is set', () => {
    const { vcpu, gpa } = clean({ eptAd: false });
    vcpu.write(GVA, 1n);
    expect([1, 2, 3].map((level) => vcpu.nested!.entry(gpa, level) & (EPT_A | EPT_D))).toEqual([0n, 0n, 0n]);
  });

  it('on: every access to a guest table is a write, so its page becomes dirty', () => {
    const { vcpu } = clean();
    const table = BigInt(vcpu.guest.place(GVA, 1).frame) << 12n;
    vcpu.nested!.setEntry(table, 1, vcpu.nested!.entry(table, 1) & ~EPT_D);
    vcpu.read(GVA);
    expect(vcpu.nested!.entry(table, 1) & EPT_D).toBe(EPT_D);
  });

  it('nothing is cached of an upper entry that is not accessed', () => {
    const { vcpu, gpa } = clean();
    vcpu.nested!.setEntry(gpa, 1, 6n);
    vcpu.guest.setEntry(GVA, 1, vcpu.guest.entry(GVA, 1) | A | D);
    for (let i = 0; i < 3; i++) vcpu.write(GVA, 1n);
    // The walk fails, so A stays clear in the levels above, so they are read every time.
    expect(vcpu.loadsOf(() => vcpu.write(GVA, 1n)).nested).toBe(3);
    for (const level of [2, 3]) vcpu.nested!.setEntry(gpa, level, vcpu.nested!.entry(gpa, level) | EPT_A);
    vcpu.write(GVA, 1n);
    expect(vcpu.loadsOf(() => vcpu.write(GVA, 1n)).nested).toBe(1);
  });
});

describe('page-modification log', () => {
  function logged(): { vcpu: TestVcpu; port: CpuHardware; gpa: bigint; buffer: number } {
    const lab = clean(BARE);
    const buffer = lab.vcpu.memory.allocFrame();
    lab.port.setPmlBuffer(buffer);
    return { ...lab, buffer };
  }

  it('one entry when a page becomes dirty, counting down from 511', () => {
    const { vcpu, port, gpa, buffer } = logged();
    expect(port.pmlIndex()).toBe(511);
    vcpu.read(GVA);
    expect(port.pmlIndex()).toBe(511);
    expect(vcpu.stepsOf(() => vcpu.write(GVA + 0x123n, 1n, 1))['walk.pml_append']).toBe(1);
    expect(port.pmlIndex()).toBe(510);
    expect([vcpu.memory.entryHi(buffer, 511), vcpu.memory.entryLo(buffer, 511)]).toEqual([
      Number(gpa >> 32n),
      Number(gpa & 0xffff_ffffn),
    ]);
    vcpu.write(GVA, 2n);
    expect(port.pmlIndex()).toBe(510);
  });

  it('a guest table that becomes dirty is logged, too', () => {
    const { vcpu, port } = logged();
    const table = BigInt(vcpu.guest.place(GVA, 1).frame) << 12n;
    vcpu.nested!.setEntry(table, 1, vcpu.nested!.entry(table, 1) & ~EPT_D);
    vcpu.read(GVA);
    expect(port.pmlIndex()).toBe(510);
  });

  it('full: an exit, the page stays clean, and the access replays after the reset', () => {
    const { vcpu, port, gpa } = logged();
    vcpu.cpu.ept!.pml[1] = 0;
    vcpu.write(GVA, 1n);
    expect(port.pmlIndex()).toBe(0xffff);
    vcpu.nested!.setEntry(gpa, 1, vcpu.nested!.entry(gpa, 1) & ~EPT_D);
    port.invalidateRoot(0);
    expect(vcpu.write(GVA, 2n)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.PML_FULL);
    expect(vcpu.nested!.entry(gpa, 1) & EPT_D).toBe(0n);
    port.resetPmlIndex();
    expect(vcpu.write(GVA, 2n)).toBe(CPU_DONE);
    expect(port.pmlIndex()).toBe(510);
    vcpu.read(GVA);
    expect(vcpu.result).toBe(2n);
  });

  it('off: nothing is logged', () => {
    const { vcpu, port } = logged();
    port.setPmlBuffer(0);
    vcpu.write(GVA, 1n);
    expect(port.pmlIndex()).toBe(511);
  });
});
