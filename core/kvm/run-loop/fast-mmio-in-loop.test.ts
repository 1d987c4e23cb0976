import { describe, expect, it } from 'vitest';
import { KvmMachine, type MachineOptions } from '../../../test/driver/kvm-machine.ts';
import { OP } from '../../guest/instruction.ts';

const BELL = 0xfe00_0000n;

/** A doorbell that was rung once, so that its page is known for MMIO. */
function rung(options: MachineOptions): { m: KvmMachine; bell: number } {
  const m = new KvmMachine({ kernel: '7.0', ...options, policy: { fastMmioInLoop: true, ...options.policy } });
  const bell = m.eventfd(BELL, 0);
  m.run(OP.WRITE, BELL, 4, 1n);
  m.run(OP.WRITE, BELL, 4, 1n);
  return { m, bell };
}

describe('the FAST_MMIO kick inside the fastpath loop', () => {
  it.each([
    ['ept', {}],
    ['npt', { silicon: { nripOnNpf: true, nrips: true } }],
  ] as const)('%s: takes SRCU for the look-up alone, and stays in the loop', (mmu, options) => {
    const { m } = rung({ mmu, ...options });
    expect(m.stat('kvm_fast_mmio')).toBeGreaterThan(0);
    expect([m.took('srcu_read_lock'), m.took('srcu_read_unlock'), m.took('vcpu_enter_guest.after')]).toEqual([1, 1, 0]);
    const names = m.lastSteps.map(({ name }) => name);
    expect(names.indexOf('srcu_read_lock')).toBeLessThan(names.indexOf('eventfd_signal'));
    expect(names.indexOf('eventfd_signal')).toBeLessThan(names.indexOf('srcu_read_unlock'));
    expect(names).not.toContain('x86_decode_insn');
    // Whoever answers it reads the address first.
    const read = mmu === 'ept' ? 'hw.vmread' : 'hw.vmcb_access';
    expect(names[names.indexOf('srcu_read_lock') - 1]).toBe(read);
  });

  it('is refused where the skip would have to decode: no next RIP, or KVM under a hypervisor', () => {
    const amd = rung({ mmu: 'npt' });
    expect(amd.m.took('vcpu_enter_guest.after')).toBe(1);
    const nested = rung({ policy: { underHypervisor: true }, silicon: { misconfigFillsInsnLen: false } });
    expect(nested.m.took('vcpu_enter_guest.after')).toBe(1);
    expect(nested.m.took('x86_decode_insn')).toBe(1);
  });

  it('leaves the loop where nobody is at the address', () => {
    const { m } = rung({});
    m.run(OP.WRITE, BELL + 8n, 4, 1n);
    expect([m.took('vcpu_enter_guest.after'), m.exits.length]).toEqual([1, 1]);
  });
});
