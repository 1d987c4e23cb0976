import { describe, expect, it } from 'vitest';
import { drive, type DriveOptions } from '../../test/driver/machine-driver.ts';
import { designs, findKernel } from '../design/registry.ts';
import { applyDesign } from '../design/apply.ts';
import { OP } from '../guest/instruction.ts';
import { RECORD } from '../guest/records.ts';
import { MSR } from '../spec/msr.ts';

const MIB = 1 << 20;
const VECTOR = 0x400ec;
const cpuOf = { ept: 'sapphire-rapids', npt: 'zen4' } as const;
const guest = (options: DriveOptions) => drive(options).ram(0, 2 * MIB);

/** Every design that 6.18 or 6.19 can have, on EPT and NPT. */
const CASES = ['6.18', '6.19'].flatMap((kernel) =>
  (['ept', 'npt'] as const).flatMap((mmu) =>
    designs.flatMap(({ id }) => {
      const found = findKernel(kernel);
      const design = designs.find((one) => one.id === id)!;
      return found.ok && applyDesign(found.value.policy, design, mmu).ok ? [[kernel, mmu, id] as const] : [];
    }),
  ),
);

describe('an interrupt of the host', () => {
  it.each(CASES)('%s %s %s: is served exactly once', (kernel, mmu, design) => {
    guest({ kernel, mmu, design, cpu: cpuOf[mmu] }).run((d) => {
      for (let i = 0; i < 3; i++) d.host({ kind: 'external-interrupt' });
      d.expectDivergences({});
      const [path] = d.result().paths;
      expect(path!.count).toBe(3);
      expect(path!.steps.filter(([name]) => name === 'handle_external_interrupt_irqoff')).toHaveLength(1);
    });
  });

  it.each(CASES.filter(([, mmu]) => mmu === 'ept'))(
    '%s %s %s, a TD: once, but for version 1',
    (kernel, mmu, design) => {
      guest({ kernel, mmu, design, cpu: cpuOf[mmu] })
        .op({ kind: 'td' })
        .run((d) => {
          for (let i = 0; i < 3; i++) d.host({ kind: 'external-interrupt' });
          d.expectDivergences(design.endsWith('-v1') ? { 'unserviced-interrupt': 3 } : {});
        });
    },
  );

  it('there is no TD under shadow paging', () => {
    const td = (mmu: 'ept' | 'shadow') => () =>
      guest({ kernel: '6.18', design: 'userspace', cpu: 'sapphire-rapids', mmu })
        .op({ kind: 'td' })
        .run(() => {});
    expect(td('ept')).not.toThrow();
    expect(td('shadow')).toThrow(/vm\.td\(\): TDX needs EPT/);
  });

  it('counts what a loop repeats', () => {
    guest({ kernel: '6.18', design: 'xcr0-outside-v1', cpu: 'sapphire-rapids' })
      .op({ kind: 'td' })
      .run((d) => {
        d.repeat(1000, (body) => body.host({ kind: 'external-interrupt' }));
        d.expectDivergences({ 'unserviced-interrupt': 1000 });
      });
  });
});

describe('a machine check', () => {
  it.each([
    ['6.18', 'fast-mmio', {}],
    ['6.18', 'xcr0-outside', {}],
    ['6.18', 'xcr0-outside-mc-inside', { 'guest-state-in-host': 1 }],
    ['6.19', 'fast-mmio', {}],
  ] as const)('during VM entry on %s, %s: %j', (kernel, design, found) => {
    guest({ kernel, design, cpu: 'sapphire-rapids' })
      .registers({ osxsave: true })
      .run((d) => {
        d.host({ kind: 'machine-check', when: 'entry' });
        d.expectDivergences(found);
      });
  });

  it('in the guest on SVM is handled inside the run function to 6.18', () => {
    for (const [design, found] of [
      ['xcr0-outside', {}],
      ['xcr0-outside-mc-inside', { 'guest-state-in-host': 1 }],
    ] as const)
      guest({ kernel: '6.18', mmu: 'npt', design, cpu: 'zen4' })
        .registers({ osxsave: true })
        .run((d) => {
          d.host({ kind: 'machine-check', when: 'guest' });
          d.expectDivergences(found);
          expect(d.host({ kind: 'machine-check', when: 'entry' })).not.toBe(0);
        });
  });
});

describe('the timer of the local APIC', () => {
  it.each([
    ['with the VMX preemption timer', true, { MSR_WRITE: 2, PREEMPTION_TIMER: 1 }, '6.18'],
    ['with an hrtimer', false, { MSR_WRITE: 2, EXTERNAL_INTERRUPT: 1 }, '6.18'],
    ['with the VMX preemption timer and no fastpath loop', true, { MSR_WRITE: 2, PREEMPTION_TIMER: 1 }, '4.15'],
  ] as const)('fires while the guest computes, %s', (_, hvTimer, exits, kernel) => {
    guest({ kernel, cpu: 'haswell', switches: { hvTimer } })
      .op({ kind: 'lapic' })
      .run((d) => {
        d.insn(OP.WRMSR, 0, MSR.X2APIC_LVT_TIMER, VECTOR);
        d.insn(OP.WRMSR, 2, MSR.IA32_TSC_DEADLINE, 3000);
        d.other(RECORD.PAUSE, 5000);
        expect(d.result().exits).toEqual(exits);
        const pauses = d.result().paths.filter(({ steps }) => steps[0]![0] === 'guest.pause');
        expect(pauses.reduce((sum, { steps, count }) => sum + steps[0]![1] * count, 0)).toBe(5000);
      });
  });

  it('wakes a halted vCPU at its deadline', () => {
    guest({ kernel: '6.18', cpu: 'haswell' })
      .op({ kind: 'lapic' })
      .run((d) => {
        d.insn(OP.WRMSR, 0, MSR.X2APIC_LVT_TIMER, VECTOR);
        d.insn(OP.WRMSR, 2, MSR.IA32_TSC_DEADLINE, 20000);
        d.insn(OP.HLT, 0);
        const steps = d.result().paths.flatMap((path) => path.steps.map(([name]) => name));
        expect(steps).toEqual(
          expect.arrayContaining(['kvm_vcpu_halt', 'guest.hlt_wait', 'kvm_vcpu_halt.wake', 'guest.irq_delivery']),
        );
      });
  });

  it('a vCPU that halts for ever stops the run, in words', () => {
    guest({ kernel: '6.18', cpu: 'haswell' })
      .op({ kind: 'lapic' })
      .run((d) => {
        d.insn(OP.HLT, 0);
        expect(d.result().problem?.text).toMatch('halts for ever');
      });
  });
});
