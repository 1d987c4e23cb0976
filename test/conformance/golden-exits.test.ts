import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { OP } from '../../core/guest/instruction.ts';
import { REG } from '../../core/guest/registers.ts';
import { EXIT_REASON, SVM_EXIT } from '../../core/spec/vm-exit.ts';
import { A, P, U } from '../driver/tables.ts';
import { TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x12_3456_7000n;

describe('#PF exits on VMX: exception bitmap, PFEC mask and match', () => {
  /** EPT default, shadow, the filter of 2007, EPT with a smaller guest MAXPHYADDR. */
  const settings: readonly [string, number, number, number, (code: number) => boolean][] = [
    ['EPT, KVM default: never', 0, 0, 0, () => false],
    ['shadow, KVM: always', 1, 0, 0, () => true],
    ['bypass_guest_pf: only present', 1, 1, 1, (code) => (code & 1) !== 0],
    ['smaller MAXPHYADDR: present and not reserved', 1, 9, 1, (code) => (code & 9) === 1],
    ['bitmap clear, a mask that matches nothing: the filter turns round', 0, 1, 1, (code) => (code & 1) === 0],
  ];
  /** The eight error codes of P, W and RSVD that can happen: by what is wrong with the entry, and the access. */
  const faults: readonly [string, bigint, number, number, boolean][] = [
    ['not present, read', 0n, OP.READ, 0x0, false],
    ['not present, write', 0n, OP.WRITE, 0x2, false],
    ['not present, user read', 0n, OP.READ, 0x4, true],
    ['not present, user write', 0n, OP.WRITE, 0x6, true],
    ['read-only, write', P | U | A, OP.WRITE, 0x3, false],
    ['supervisor page, user read', P | A, OP.READ, 0x5, true],
    ['read-only, user write', P | U | A, OP.WRITE, 0x7, true],
    ['reserved bit, read', P | U | A | (1n << 50n), OP.READ, 0x9, false],
    ['reserved bit, write', P | U | A | (1n << 50n), OP.WRITE, 0xb, false],
  ];
  for (const [name, bitmap, mask, match, exits] of settings) {
    it.each(faults)(`${name}; %s`, (_, entry, op, code, user) => {
      const vcpu = new TestVcpu();
      vcpu.page(GVA);
      vcpu.guest.setEntry(GVA, 1, entry === 0n ? 0n : (vcpu.guest.entry(GVA, 1) & 0xf_ffff_ffff_f000n) | entry);
      if (user) vcpu.set(REG.CPL, 3);
      vcpu.cpu.controls.exceptionBitmapPf = bitmap;
      vcpu.cpu.controls.pfecMask = mask;
      vcpu.cpu.controls.pfecMatch = match;
      const outcome = vcpu.run(op, GVA, 4);
      expect(outcome).toBe(exits(code) ? CPU_EXIT : CPU_FAULT);
      const cr2 = vcpu.registers.at[REG.CR2_LO]! >>> 0;
      if (outcome === CPU_EXIT) {
        expect(vcpu.cpu.exit).toMatchObject({
          reason: EXIT_REASON.EXCEPTION_NMI,
          errorCode: code,
          glaHi: Number(GVA >> 32n),
        });
        expect(cr2).toBe(0);
      } else {
        expect(vcpu.cpu.fault).toMatchObject({ vector: 14, errorCode: code });
        expect(cr2).toBe(Number(GVA & 0xffff_ffffn));
      }
    });
  }

  it('AMD has no filter: all or nothing', () => {
    const vcpu = new TestVcpu({ config: { nested: 'npt' } });
    vcpu.page(GVA);
    vcpu.guest.setEntry(GVA, 1, 0n);
    vcpu.cpu.controls.pfecMask = 1;
    vcpu.cpu.controls.pfecMatch = 1;
    expect(vcpu.read(GVA)).toBe(CPU_FAULT);
    vcpu.cpu.controls.exceptionBitmapPf = 1;
    expect(vcpu.read(GVA)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit).toMatchObject({ reason: SVM_EXIT.PF_EXCEPTION, qualification: 0, errorCode: 0 });
  });

  it('a non-canonical address is #GP(0), never an exit', () => {
    const vcpu = new TestVcpu();
    vcpu.cpu.controls.exceptionBitmapPf = 1;
    for (const gva of [0x8000_0000_0000n, 0xffff_0000_0000_0000n, 1n << 63n]) {
      expect(vcpu.read(gva)).toBe(CPU_FAULT);
      expect(vcpu.cpu.fault).toMatchObject({ vector: 13, errorCode: 0 });
    }
    expect(vcpu.registers.at[REG.CR2_LO]).toBe(0);
  });
});

describe('exits of instructions', () => {
  function io(config: Partial<CpuConfig>, op: number, port: number, size: number, count = 1): TestVcpu {
    const vcpu = new TestVcpu({ config });
    vcpu.insn.clear(op, size, 0, op === OP.OUT || op === OP.IN ? port : 0x5000);
    vcpu.insn.port = port;
    vcpu.insn.count = count;
    vcpu.insn.length = 2;
    expect(vcpu.cpu.execute(vcpu.insn)).toBe(CPU_EXIT);
    return vcpu;
  }

  it.each([
    [OP.OUT, 0x3f8, 1, 0x03f8_0000],
    [OP.OUT, 0xcfc, 4, 0x0cfc_0003],
    [OP.IN, 0x60, 1, 0x0060_0008],
    [OP.IN, 0x1234, 2, 0x1234_0009],
    [OP.OUTS, 0x3f8, 1, 0x03f8_0030],
    [OP.INS, 0x1f0, 2, 0x01f0_0039],
  ])('Intel, op %i port %x size %i: qualification %x', (op, port, size, qualification) => {
    const { exit } = io({}, op, port, size).cpu;
    expect(exit).toMatchObject({ reason: EXIT_REASON.IO_INSTRUCTION, qualification, instructionLength: 2 });
  });

  it.each([
    [OP.OUT, 0x3f8, 1, 0x03f8_0210],
    [OP.OUT, 0xcfc, 4, 0x0cfc_0240],
    [OP.IN, 0x60, 1, 0x0060_0211],
    [OP.IN, 0x1234, 2, 0x1234_0221],
    [OP.OUTS, 0x3f8, 1, 0x03f8_0e1c],
    [OP.INS, 0x1f0, 2, 0x01f0_022d],
  ])('AMD, op %i port %x size %i: EXITINFO1 %x', (op, port, size, qualification) => {
    const { exit } = io({ nested: 'npt' }, op, port, size).cpu;
    expect(exit).toMatchObject({ reason: SVM_EXIT.IOIO, qualification, nextRipValid: 1, instructionLength: 2 });
  });

  it('AMD without nRIP saves none', () => {
    expect(io({ nested: 'npt', nrips: false }, OP.OUT, 1, 1).cpu.exit).toMatchObject({
      nextRipValid: 0,
      instructionLength: 0,
    });
  });

  it('a REP form without elements does nothing', () => {
    const vcpu = new TestVcpu();
    vcpu.insn.clear(OP.OUTS, 1, 0, 0);
    vcpu.insn.count = 0;
    expect(vcpu.cpu.execute(vcpu.insn)).toBe(CPU_DONE);
  });

  it.each([
    [OP.CPUID, EXIT_REASON.CPUID, SVM_EXIT.CPUID],
    [OP.HLT, EXIT_REASON.HLT, SVM_EXIT.HLT],
    [OP.VMCALL, EXIT_REASON.VMCALL, SVM_EXIT.VMMCALL],
  ])('op %i always exits', (op, intel, amd) => {
    for (const [nested, reason] of [
      ['ept', intel],
      ['npt', amd],
    ] as const) {
      const vcpu = new TestVcpu({ config: { nested } });
      expect(vcpu.run(op, 0n)).toBe(CPU_EXIT);
      expect(vcpu.cpu.exit).toMatchObject({ reason, qualification: 0, instructionLength: 3 });
    }
  });

  it('MOV CR3 and INVLPG exit only when intercepted, and then do nothing', () => {
    const vcpu = new TestVcpu();
    vcpu.page(GVA);
    vcpu.read(GVA);
    vcpu.cpu.controls.interceptCr3 = 1;
    vcpu.cpu.controls.interceptInvlpg = 1;
    const cr3 = vcpu.registers.at[REG.CR3_LO];
    expect(vcpu.run(OP.MOV_CR3, 0n, 8, 0x5000n)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit).toMatchObject({ reason: EXIT_REASON.CR_ACCESS, qualification: 3 });
    expect(vcpu.registers.at[REG.CR3_LO]).toBe(cr3);
    expect(vcpu.run(OP.INVLPG, GVA)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit).toMatchObject({ reason: EXIT_REASON.INVLPG, glaHi: Number(GVA >> 32n) });
    expect(vcpu.loadsOf(() => vcpu.read(GVA)).all).toBe(0);
  });

  it('steps: the instruction, its walk in a fixed order, then the exit', () => {
    const vcpu = new TestVcpu();
    const gfn = 1 << 20;
    vcpu.backGuest(gfn);
    vcpu.mapGuest(GVA, gfn);
    vcpu.nested!.setEntry(BigInt(gfn) << 12n, 1, 6n);
    const steps = Object.keys(vcpu.stepsOf(() => vcpu.write(GVA, 1n)));
    expect(steps).toEqual(
      [
        'guest.write',
        'walk.fixed',
        'walk.psc_probe',
        'walk.nested_tlb_hit',
        'walk.guest_dram',
        'walk.nested_l1',
        'walk.nested_dram',
        'hw.vmexit',
      ].filter((name) => steps.includes(name)),
    );
    expect(steps[0]).toBe('guest.write');
    expect(steps.at(-1)).toBe('hw.vmexit');
    const entered = vcpu.stepsOf(() => {
      vcpu.cpu.enterGuest();
      vcpu.paths.end();
    });
    expect(entered).toEqual({ 'hw.vmentry': 1 });
  });
});
