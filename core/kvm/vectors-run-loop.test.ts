import { describe, expect, it } from 'vitest';
import { KvmMachine, type MachineOptions } from '../../test/driver/kvm-machine.ts';
import type { StepName } from '../cost/steps.ts';
import { OP } from '../guest/instruction.ts';
import { CR4, REG, XCR0 } from '../guest/registers.ts';
import { MSR } from '../spec/msr.ts';
import { STEPS } from '../cost/steps.ts';

const HOST = { xcr0: 0x2e7, xss: 0, pkru: 0x5555_5554, pku: true, xsaves: true };
const APICV = { apicv: true, hvTimer: true };
const SOFTWARE = { apicv: false, hvTimer: true };
const BELL = 0xfe00_0000n;

/** A guest with XSAVE on and the reset value in XCR0, which no host has. */
function withXsave(options: MachineOptions, xcr0: number = XCR0.X87): KvmMachine {
  const m = new KvmMachine({ xstate: HOST, ...options });
  m.regs.at[REG.CR4] = m.regs.at[REG.CR4]! | CR4.OSXSAVE;
  m.regs.at[REG.XCR0] = xcr0;
  return m;
}

/** How often a step was taken in all. */
const total = (m: KvmMachine, name: StepName): number =>
  m.paths
    .rows()
    .flatMap(({ steps, count }) => steps.map(({ step, times }) => (STEPS[step]!.name === name ? times * count : 0)))
    .reduce((sum, n) => sum + n, 0);

const times = (n: number, act: () => void): void => {
  for (let i = 0; i < n; i++) act();
};
const invd = (m: KvmMachine): void => expect(m.run(OP.INVD, 0n, 0, 0n)).toBe('done');
const wrmsr = (m: KvmMachine, msr: number, value: bigint, size = 0) => m.run(OP.WRMSR, BigInt(msr), size, value);

describe('vectors of the run loop', () => {
  it.each([
    ['6.18', 2000],
    ['6.19', 0],
  ])('158: 1000 INVD on %s, guest XCR0 not the host’s: XSETBV %i times inside the loop', (kernel, inside) => {
    for (const mmu of ['ept', 'npt'] as const) {
      const m = withXsave({ mmu, kernel });
      times(1000, () => invd(m));
      expect(total(m, 'hw.xsetbv')).toBe(inside);
      expect(total(m, 'srcu_read_lock')).toBe(0);
      // An outer iteration: out of the loop and in again, each with one XSETBV.
      m.run(OP.VMCALL, 0n, 0, 0n);
      expect(total(m, 'hw.xsetbv')).toBe(inside + 2);
    }
  });

  it.each(['6.18', '6.19'])('159: the same on %s, 1000 FAST_MMIO kicks: 2000 either way', (kernel) => {
    const m = withXsave({ kernel });
    m.eventfd(BELL, 0);
    m.run(OP.WRITE, BELL, 4, 1n);
    m.paths.forget();
    times(1000, () => m.run(OP.WRITE, BELL, 4, 1n));
    expect(m.stat('kvm_fast_mmio')).toBe(1000);
    expect(total(m, 'hw.xsetbv')).toBe(2000);
  });

  it('160: guest XCR0 is the host’s and CR4.PKE set, 1000 INVD on 6.19: no XSETBV; RDPKRU per outer iteration alone', () => {
    const m = withXsave({ kernel: '6.19' }, HOST.xcr0);
    m.regs.at[REG.CR4] = m.regs.at[REG.CR4]! | CR4.PKE;
    m.regs.at[REG.PKRU] = HOST.pkru;
    times(1000, () => invd(m));
    expect([total(m, 'hw.xsetbv'), total(m, 'hw.rdpkru'), total(m, 'hw.wrpkru')]).toEqual([0, 0, 0]);
    times(3, () => m.run(OP.VMCALL, 0n, 0, 0n));
    expect([total(m, 'hw.xsetbv'), total(m, 'hw.rdpkru'), total(m, 'hw.wrpkru')]).toEqual([0, 3, 0]);
    // A value of its own is written at each entry, the host's at each exit.
    m.regs.at[REG.PKRU] = 0;
    times(3, () => m.run(OP.VMCALL, 0n, 0, 0n));
    expect([total(m, 'hw.rdpkru'), total(m, 'hw.wrpkru')]).toEqual([6, 6]);
  });

  it('160, 6.18: the same guest reads PKRU in every world switch', () => {
    const m = withXsave({ kernel: '6.18' }, HOST.xcr0);
    m.regs.at[REG.CR4] = m.regs.at[REG.CR4]! | CR4.PKE;
    m.regs.at[REG.PKRU] = HOST.pkru;
    times(1000, () => invd(m));
    expect([total(m, 'hw.xsetbv'), total(m, 'hw.rdpkru'), total(m, 'hw.wrpkru')]).toEqual([0, 1000, 0]);
  });

  it('161: 4.2, 1000 exits of any kind: XSETBV once, and once when KVM_RUN returns', () => {
    const m = withXsave({ kernel: '4.2' });
    times(1000, () => invd(m));
    expect(total(m, 'hw.xsetbv')).toBe(1);
    m.run(OP.WRITE, 0xfd00_0000n, 4, 1n);
    // Put before the return to userspace, loaded again before the entry.
    expect(m.exits.length).toBe(1);
    expect(total(m, 'hw.xsetbv')).toBe(3);
  });

  it('161: a HLT that blocks puts the FPU, and with it XCR0', () => {
    const m = withXsave({ kernel: '4.2', lapic: SOFTWARE });
    times(3, () => {
      expect(m.run(OP.HLT, 0n, 0, 0n)).not.toBe('done');
      expect(m.vcpu.xcr0Loaded).toBe(false);
      m.vcpu.wake();
      m.paths.end();
    });
    // Nothing was loaded before the first.
    expect(total(m, 'hw.xsetbv')).toBe(5);
  });

  it.each([
    ['6.18', 'npt', true, true],
    ['6.18', 'npt', false, false],
    ['6.18', 'ept', false, true],
    ['4.15', 'ept', true, false],
  ] as const)('162: WRMSR TSC_DEADLINE on %s/%s, next RIP %s: in the loop %s', (kernel, mmu, nrips, inLoop) => {
    const m = withXsave({ kernel, mmu, lapic: APICV, silicon: { nrips } });
    expect(wrmsr(m, MSR.IA32_TSC_DEADLINE, 1n << 40n)).toBe('done');
    expect(m.took('handle_fastpath')).toBe(inLoop ? 1 : 0);
    expect(m.took('srcu_read_lock')).toBe(inLoop ? 0 : 1);
    expect(m.vcpu.apic!.deadline).toBe(2 ** 40);
  });

  it('163: HLT re-enters in the loop with an interrupt pending, and leaves and blocks without', () => {
    const m = withXsave({ kernel: '6.18', lapic: APICV });
    m.vcpu.apic!.deliver(0x40);
    expect(m.run(OP.HLT, 0n, 0, 0n)).toBe('done');
    expect([m.took('srcu_read_lock'), m.took('kvm_vcpu_halt'), m.took('hw.vmentry')]).toEqual([0, 0, 1]);
    expect(m.vcpu.takeInjected()).toBe(0x40);
    m.vcpu.apic!.eoi();
    expect(m.run(OP.HLT, 0n, 0, 0n)).toBe('halted');
    expect([m.took('srcu_read_lock'), m.took('kvm_vcpu_halt')]).toEqual([1, 1]);
    m.vcpu.deliverInterrupt(0x41);
    m.vcpu.wake();
    expect(m.vcpu.takeInjected()).toBe(0x41);
  });

  it('163: without an in-kernel APIC a HLT is no fastpath exit', () => {
    const m = withXsave({ kernel: '6.18' });
    expect(m.run(OP.HLT, 0n, 0, 0n)).toBe('done');
    expect(m.took('srcu_read_lock')).toBe(1);
  });

  it('164: a signal while in the loop: the next fastpath exit leaves as "handled"', () => {
    const m = withXsave({ kernel: '6.19' });
    m.vcpu.signalPending = true;
    invd(m);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock'), m.took('kvm_emulate_invd')]).toEqual([1, 1, 0]);
    m.vcpu.signalPending = false;
    invd(m);
    expect(m.took('srcu_read_lock')).toBe(0);
  });
});

describe('fastpath exits', () => {
  it.each([
    ['INVD', '6.18', OP.INVD, 0, true],
    ['WBINVD', '6.18', OP.WBINVD, 0, false],
    ['CPUID', '6.18', OP.CPUID, 0, false],
    ['VMCALL', '6.18', OP.VMCALL, 0, false],
    ['INVD', '4.15', OP.INVD, 0, false],
  ] as const)('%s on %s', (_, kernel, op, size, inLoop) => {
    for (const mmu of ['ept', 'npt'] as const) {
      const m = withXsave({ kernel, mmu });
      m.run(op, 0n, size, 0n);
      expect(m.took('handle_fastpath')).toBe(inLoop ? 1 : 0);
    }
  });

  it('takes the immediate form of WRMSR from 6.18, on Intel', () => {
    const m = withXsave({ kernel: '6.18', lapic: APICV });
    wrmsr(m, MSR.IA32_TSC_DEADLINE, 1n << 40n, 1);
    expect(m.took('handle_fastpath')).toBe(1);
    const older = withXsave({ kernel: '6.18', policy: { fastpath: 'msr-hlt' }, lapic: APICV });
    wrmsr(older, MSR.IA32_TSC_DEADLINE, 1n << 40n, 1);
    expect(older.took('handle_fastpath')).toBe(0);
  });

  it('takes an ICR write to one vCPU, and no broadcast', () => {
    const m = withXsave({ kernel: '6.18', lapic: APICV });
    wrmsr(m, MSR.X2APIC_ICR, 0x40n);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock')]).toEqual([1, 0]);
    expect(m.vcpu.takeInjected()).toBe(0x40);
    wrmsr(m, MSR.X2APIC_ICR, 0xc0041n);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock')]).toEqual([0, 1]);
  });

  it.each([
    ['logical', (1n << 32n) | 0x840n],
    ['self', 0x4_0040n],
    ['to nobody', (9n << 32n) | 0x40n],
    ['NMI', 0x400n],
  ])('takes any ICR write that is delivered quickly since 6.18, and only the simple ones before: %s', (name, value) => {
    const took = (policy: NonNullable<MachineOptions['policy']>): boolean => {
      const m = withXsave({ kernel: '6.18', lapic: APICV, policy });
      wrmsr(m, MSR.X2APIC_ICR, value);
      return m.took('handle_fastpath') === 1;
    };
    expect([took({}), took({ fastpath: 'msr-hlt' })]).toEqual([true, name === 'to nobody']);
  });

  it('takes a deadline without an in-kernel APIC since 6.18, and no ICR write', () => {
    const m = withXsave({ kernel: '6.18' });
    wrmsr(m, MSR.IA32_TSC_DEADLINE, 1n);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock')]).toEqual([1, 0]);
    wrmsr(m, MSR.X2APIC_ICR, 0x40n);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock')]).toEqual([0, 1]);
  });

  it('leaves the loop for an interrupt that must be injected by software (no APICv)', () => {
    const m = withXsave({ kernel: '6.18', lapic: SOFTWARE });
    wrmsr(m, MSR.X2APIC_ICR, 0x40n);
    expect([m.took('handle_fastpath'), m.took('srcu_read_lock'), m.took('kvm_check_and_inject_events')]).toEqual([
      1, 1, 1,
    ]);
    expect(m.vcpu.takeInjected()).toBe(0x40);
  });

  it('fires a deadline that has passed at once', () => {
    const m = withXsave({ kernel: '6.18', lapic: APICV });
    wrmsr(m, MSR.X2APIC_LVT_TIMER, 0x400ecn);
    wrmsr(m, MSR.IA32_TSC_DEADLINE, 1n);
    expect(m.vcpu.takeInjected()).toBe(0xec);
    expect(m.vcpu.apic!.deadline).toBe(0);
  });
});

describe('XSETBV', () => {
  it('changes what the next world switch writes; #GP for a state that the host has not', () => {
    const m = withXsave({ kernel: '6.18' });
    expect(m.run(OP.XSETBV, 0n, 0, BigInt(HOST.xcr0))).toBe('done');
    // The host's back after the exit; the guest has the host's then.
    expect(m.took('hw.xsetbv')).toBe(1);
    invd(m);
    expect(m.took('hw.xsetbv')).toBe(0);
    expect(m.run(OP.XSETBV, 0n, 0, 0x6_0001n)).toBe('fault');
    expect(m.lastFault.vector).toBe(13);
    const plain = new KvmMachine({ xstate: HOST });
    expect(plain.run(OP.XSETBV, 0n, 0, 1n)).toBe('fault');
    expect(plain.lastFault.vector).toBe(6);
  });

  it('protected guests skip all of it', () => {
    const m = withXsave({ kernel: '6.18', vcpuType: 'td' });
    times(10, () => invd(m));
    m.run(OP.VMCALL, 0n, 0, 0n);
    expect(total(m, 'hw.xsetbv')).toBe(0);
  });
});
