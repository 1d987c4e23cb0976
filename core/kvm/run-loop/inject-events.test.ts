import { describe, expect, it } from 'vitest';
import { KvmMachine, type MachineOptions } from '../../../test/driver/kvm-machine.ts';
import { STEPS } from '../../cost/steps.ts';
import { OP } from '../../guest/instruction.ts';
import { MSR } from '../../spec/msr.ts';
import { EXIT_REASON, SVM_EXIT } from '../../spec/vm-exit.ts';

const [LOW, SAME, HIGH, HIGHER] = [0x40, 0x65, 0x60, 0x80];

function machine(mmu: 'ept' | 'npt', options: MachineOptions = {}): KvmMachine {
  return new KvmMachine({ mmu, kernel: '6.18', lapic: { apicv: false, hvTimer: true }, ...options });
}

const exits = (m: KvmMachine): void => void m.run(OP.VMCALL, 0n, 0, 0n);
const eoi = (m: KvmMachine): void => void m.run(OP.WRMSR, BigInt(MSR.X2APIC_EOI), 0, 0n);
const window = { ept: EXIT_REASON.INTERRUPT_WINDOW, npt: SVM_EXIT.VINTR } as const;
const asked = { ept: 'vmx_enable_irq_window', npt: 'svm_enable_irq_window' } as const;
const answered = { ept: 'handle_interrupt_window', npt: 'interrupt_window_interception' } as const;

/** The guest is in the handler of HIGH. */
function inHandler(mmu: 'ept' | 'npt', options: MachineOptions = {}): KvmMachine {
  const m = machine(mmu, options);
  m.vcpu.deliverInterrupt(HIGH);
  exits(m);
  expect(m.vcpu.takeInjected()).toBe(HIGH);
  m.vcpu.interruptsOff = true;
  return m;
}

/** The CPU exits because the guest takes interrupts; the steps of that path. */
function windowExit(m: KvmMachine, mmu: 'ept' | 'npt'): string[] {
  m.cpu.exit.reason = window[mmu];
  m.vcpu.handleExit(m.cpu.exit, m.insn);
  m.cpu.enterGuest();
  m.paths.end();
  return m.paths
    .rows()
    .at(-1)!
    .steps.map(({ step }) => STEPS[step]!.name);
}

describe.each(['ept', 'npt'] as const)('without APICv and AVIC, %s', (mmu) => {
  it('one that PPR holds back waits for the EOI, and then, with RFLAGS.IF clear, for the interrupt window', () => {
    for (const vector of [LOW, SAME]) {
      const m = inHandler(mmu);
      m.vcpu.deliverInterrupt(vector);
      exits(m);
      expect([m.took(asked[mmu]), m.vcpu.takeInjected()]).toEqual([0, -1]);
      eoi(m);
      expect([m.took(asked[mmu]), m.vcpu.takeInjected()]).toEqual([1, -1]);
      expect(m.vcpu.interruptsOn()).toBe(true);
      expect(windowExit(m, mmu)).toEqual(expect.arrayContaining([answered[mmu], 'kvm_check_and_inject_events']));
      expect(m.vcpu.takeInjected()).toBe(vector);
      expect(m.stat('irq_window_exits')).toBe(1);
      expect(m.vcpu.interruptsOn()).toBe(false);
    }
  });

  it('one of a higher class asks for the window at once, and once', () => {
    const m = inHandler(mmu);
    m.vcpu.deliverInterrupt(HIGHER);
    exits(m);
    expect(m.took(asked[mmu])).toBe(1);
    m.vcpu.deliverInterrupt(LOW);
    exits(m);
    expect(m.took(asked[mmu])).toBe(0);
    expect(m.vcpu.interruptsOn()).toBe(true);
    windowExit(m, mmu);
    expect(m.vcpu.takeInjected()).toBe(HIGHER);
  });

  it.each([HIGHER, SAME])('one that comes before the guest has taken the last, %i: none is lost', (second) => {
    const m = machine(mmu);
    m.vcpu.deliverInterrupt(HIGH);
    exits(m);
    m.vcpu.deliverInterrupt(second);
    exits(m);
    expect(m.took(asked[mmu])).toBe(second === HIGHER ? 1 : 0);
    expect(m.vcpu.takeInjected()).toBe(HIGH);
    m.vcpu.interruptsOff = true;
    eoi(m);
    expect(m.vcpu.interruptsOn()).toBe(true);
    windowExit(m, mmu);
    expect(m.vcpu.takeInjected()).toBe(second);
  });

  it('nothing is asked for where nothing waits', () => {
    const m = inHandler(mmu);
    eoi(m);
    expect([m.took(asked[mmu]), m.vcpu.interruptsOn()]).toEqual([0, false]);
  });

  it('with APICv or AVIC the CPU delivers it: no window', () => {
    const m = inHandler(mmu, { lapic: { apicv: true, hvTimer: true } });
    m.vcpu.deliverInterrupt(HIGHER);
    exits(m);
    expect([m.took(asked[mmu]), m.vcpu.interruptsOn()]).toEqual([0, false]);
    exits(m);
    expect(m.vcpu.takeInjected()).toBe(HIGHER);
  });
});
