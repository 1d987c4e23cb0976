import { describe, expect, it } from 'vitest';
import { exitEpilogue, exitPrologue, skipByLength } from './exit-frame.ts';
import { STEPS } from './steps.ts';
import type { ExitFrame } from './exit-frame.ts';
import type { StepCount } from './paths.ts';

const names = (steps: readonly StepCount[]) => steps.map(({ step }) => STEPS[step]!.name);
const timesOf = (steps: readonly StepCount[], name: string) =>
  steps.filter(({ step }) => STEPS[step]!.name === name).reduce((sum, { times }) => sum + times, 0);

const intel: ExitFrame = { vendor: 'intel', xcr0: 'inner', ops: 'static', mitigations: [] };
const amd: ExitFrame = { ...intel, vendor: 'amd' };

describe('the frame around an exit', () => {
  it('begins with the hardware exit and ends with the hardware entry', () => {
    for (const frame of [intel, amd]) {
      expect(names(exitPrologue(frame))[0]).toBe('hw.vmexit');
      expect(names(exitEpilogue(frame)).at(-1)).toBe('hw.vmentry');
    }
  });

  it('takes SRCU between exit and handler and drops it before the entry, once each', () => {
    expect(timesOf(exitPrologue(intel), 'srcu_read_lock')).toBe(1);
    expect(timesOf(exitEpilogue(intel), 'srcu_read_unlock')).toBe(1);
  });

  it.each([
    ['intel', ['hw.vmread', 'vmx_handle_exit', 'vmx_vcpu_run', 'hw.vmwrite'], ['hw.vmcb_access', 'svm_vcpu_run']],
    [
      'amd',
      ['hw.vmcb_access', 'svm_handle_exit', 'svm_vcpu_run', 'hw.vmload_vmsave', 'hw.stgi_clgi'],
      ['hw.vmread', 'hw.vmwrite'],
    ],
  ] as const)('speaks only the words of %s', (vendor, has, lacks) => {
    const frame = { ...intel, vendor };
    const all = names([...exitPrologue(frame), ...skipByLength(vendor), ...exitEpilogue(frame)]);
    expect(all).toEqual(expect.arrayContaining([...has]));
    for (const name of lacks) expect(all).not.toContain(name);
  });

  it('touches XCR0 nowhere when lazy, around the hardware when inner, around the run function when outer', () => {
    expect(
      names([...exitPrologue({ ...intel, xcr0: 'lazy' }), ...exitEpilogue({ ...intel, xcr0: 'lazy' })]),
    ).not.toContain('kvm_load_guest_xsave_state');
    const inner = names(exitEpilogue(intel));
    expect(inner.indexOf('kvm_load_guest_xsave_state')).toBeGreaterThan(inner.indexOf('vmx_vcpu_run'));
    const outer = names(exitEpilogue({ ...intel, xcr0: 'outer' }));
    expect(outer.indexOf('kvm_load_guest_xsave_state')).toBeLessThan(outer.indexOf('vmx_vcpu_run'));
    const back = names(exitPrologue({ ...intel, xcr0: 'outer', swap: { xcr0: true, xss: true, pkru: true } }));
    expect(back.indexOf('hw.wrpkru')).toBeLessThan(back.indexOf('vcpu_enter_guest.after'));
    expect(back.indexOf('hw.xsetbv')).toBeGreaterThan(back.indexOf('vcpu_enter_guest.after'));
  });

  it('writes XCR0, XSS and PKRU only where guest and host differ, as a pair', () => {
    const swap = { xcr0: true, xss: false, pkru: true };
    const both = [...exitPrologue({ ...intel, swap }), ...exitEpilogue({ ...intel, swap })];
    expect([
      timesOf(both, 'hw.xsetbv'),
      timesOf(both, 'hw.wrmsr_xss'),
      timesOf(both, 'hw.wrpkru'),
      timesOf(both, 'hw.rdpkru'),
    ]).toEqual([2, 0, 2, 1]);
  });

  it('calls kvm_x86_ops through retpolines only where they are pointers', () => {
    const frame = { ...intel, mitigations: ['retpoline'] } as const;
    expect(timesOf(exitPrologue(frame), 'mitigation.retpoline')).toBe(0);
    expect(timesOf(exitPrologue({ ...frame, ops: 'pointers' }), 'mitigation.retpoline')).toBeGreaterThan(0);
  });

  it('flushes L1D only when asked, and then leaves VERW out', () => {
    const frame = { ...intel, mitigations: ['l1d-flush', 'verw'] } as const;
    expect(names(exitEpilogue(frame))).toContain('mitigation.verw');
    const flushed = names(exitEpilogue(frame, { flushL1d: true }));
    expect(flushed).toContain('mitigation.l1d_flush');
    expect(flushed).not.toContain('mitigation.verw');
    expect(names(exitEpilogue(intel, { flushL1d: true }))).not.toContain('mitigation.l1d_flush');
  });
});
