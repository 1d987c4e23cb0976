import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../test/driver/kvm-machine.ts';
import { STEP } from '../cost/steps.ts';
import { ERRNO } from './io/errno.ts';
import { dirtyPages } from './memslots/dirty-log.ts';
import { dirtyLog, invalidateHva, setMemoryRegion } from './vm-ioctls.ts';

/** Vectors 127, 140 to 148, 153 and 154 of the project's list of KVM vectors. */
const A = 0x3000_0000n;
const LOG_DIRTY = 1;

function primed(options: ConstructorParameters<typeof KvmMachine>[0] = {}) {
  const m = new KvmMachine(options);
  const bell = m.eventfd(A, 0);
  m.write(A, 4, 1n);
  m.recorder.on = true;
  return { m, bell };
}

describe('memslots under two-dimensional paging', () => {
  it('127: a slot at the first address the host cannot have is EINVAL', () => {
    const m = new KvmMachine();
    expect(m.slot(0, 1n << 46n, 1)).toBe(ERRNO.EINVAL);
    expect(m.slot(0, (1n << 46n) - 0x1000n, 1)).toBe(ERRNO.OK);
  });

  it('140: a slot without host memory: EFAULT for the guest, MMIO for the emulator', () => {
    const m = new KvmMachine();
    expect(m.slot(0, A, 1, { mapped: false })).toBe(ERRNO.OK);
    expect(m.read(A, 4)).toBeUndefined();
    expect(m.vcpu.error).toBe('EFAULT');
    m.write(A - 4n, 8, 1n);
    expect(m.exits.map(({ address, size }) => [address, size])).toEqual([
      [Number(A) - 4, 4],
      [Number(A), 4],
    ]);
  });

  it('141: after DELETE a read is MMIO, never old data', () => {
    const m = new KvmMachine();
    m.slot(0, A, 1);
    m.write(A, 4, 77n);
    expect(m.read(A, 4)).toBe(77n);
    m.deleteSlot(0);
    m.answer = 5;
    expect(m.read(A, 4)).toBe(5n);
    expect(m.exits).toMatchObject([{ kind: 'mmio-read', address: Number(A) }]);
  });

  it('142: RAM created over a primed doorbell is not seen at its address', () => {
    const { m, bell } = primed();
    m.slot(0, A, 1);
    expect(m.read(A, 4)).toBeUndefined();
    expect(m.signals(bell)).toBe(2);
  });

  it('142: it is seen once another address of the page was read', () => {
    const { m, bell } = primed();
    m.slot(0, A, 1);
    expect(m.read(A + 8n, 4)).toBe(0n);
    expect(m.events()).toContain('check_mmio_spte');
    expect(m.read(A, 4)).toBe(0n);
    expect(m.signals(bell)).toBe(1);
  });

  it('143: CREATE of another slot leaves the kick fast', () => {
    const { m } = primed();
    m.slot(0, 0n, 16);
    m.write(A, 4, 1n);
    expect(m.events()).toContain('kvm_fast_mmio');
  });

  it('144: DELETE of another slot zaps all: one violation, then fast again', () => {
    const { m, bell } = primed();
    m.slot(0, 0n, 16);
    m.deleteSlot(0);
    m.events();
    m.write(A, 4, 1n);
    expect(m.took('handle_ept_violation')).toBe(1);
    expect(m.events()).not.toContain('kvm_fast_mmio');
    m.write(A, 4, 1n);
    expect(m.events()).toContain('kvm_fast_mmio');
    expect(m.signals(bell)).toBe(3);
  });

  it('144: a running vCPU is kicked out and loads the new root', () => {
    const { m } = primed();
    m.slot(0, 0n, 16);
    const before = m.vcpu.root;
    const exits = m.stat('exits');
    m.deleteSlot(0);
    expect(m.vcpu.root).not.toBe(before);
    expect(m.stat('exits')).toBe(exits + 1);
    const reloads = m.paths.rows().filter(({ steps }) => steps.some(({ step }) => step === STEP.kvm_mmu_reload));
    expect(reloads.map(({ count }) => count)).toEqual([1]);
    expect([reloads[0]!.steps[0]!.step, reloads[0]!.steps.at(-1)!.step]).toEqual([
      STEP['hw.vmexit'],
      STEP['hw.vmentry'],
    ]);
  });

  it('145: without the zap-all quirk the kick stays fast', () => {
    const seven = new KvmMachine().kvm.policy;
    const { m } = primed({ policy: { slots: { ...seven.slots, zapAll: false } } });
    m.slot(0, 0n, 16);
    m.deleteSlot(0);
    m.events();
    m.write(A, 4, 1n);
    expect(m.events()).toContain('kvm_fast_mmio');
  });

  it('146: a stale MMIO SPTE is compared, refused and made anew; then it matches', () => {
    const m = new KvmMachine();
    m.recorder.on = true;
    m.write(A, 4, 1n);
    m.slot(0, 0n, 16);
    m.events();
    m.write(A, 4, 1n);
    expect(m.took('make_mmio_spte')).toBe(1);
    expect(m.recorder.list().find(({ name }) => name === 'check_mmio_spte')?.args[2]).toBe(0);
    m.write(A + 0x1000n, 4, 1n);
    m.events();
    m.write(A, 4, 1n);
    expect(m.took('make_mmio_spte')).toBe(0);
    expect(m.recorder.list().find(({ name }) => name === 'check_mmio_spte')?.args[2]).toBe(1);
    m.events();
    m.write(A, 4, 1n);
    expect(m.events()).not.toContain('check_mmio_spte');
  });

  it('147: the wrap of the 19-bit generation zaps all, once', () => {
    const m = new KvmMachine();
    m.recorder.on = true;
    m.write(A, 4, 1n);
    m.kvm.slots.generations.words[0] = 2 ** 19 - 4;
    m.events();
    const zaps: number[] = [];
    for (let id = 0; id < 4; id++) {
      m.slot(id, BigInt(id) * 0x10000n, 16);
      zaps.push(m.events().filter((name) => name === 'kvm_mmu_zap_all_fast').length);
    }
    expect(zaps).toEqual([0, 1, 0, 0]);
  });

  it('148: MMIO at gfn 0 is never cached: the SPTE is walked to each time', () => {
    const m = new KvmMachine();
    m.write(0n, 4, 1n);
    for (let i = 0; i < 2; i++) {
      m.write(0n, 4, 1n);
      expect(m.took('get_mmio_spte')).toBe(4);
    }
    m.write(A, 4, 1n);
    m.write(A, 4, 1n);
    expect(m.took('get_mmio_spte')).toBe(0);
  });
});

describe('dirty logging', () => {
  const logged = (options: ConstructorParameters<typeof KvmMachine>[0] = {}, level = 1) => {
    const m = new KvmMachine(options);
    m.slot(0, 0n, 1024, { level });
    const hva = BigInt(m.kvm.slots.table.hvaPage[0]!) << 12n;
    return { m, log: (flags: number) => setMemoryRegion(m.kvm, { slot: 0, flags, gpa: 0n, size: 1024n << 12n, hva }) };
  };

  it('153: the write after GET is fixed without mmu_lock', () => {
    const { m, log } = logged({ cpu: { pml: false } });
    m.write(0x3000n, 4, 1n);
    log(LOG_DIRTY);
    m.write(0x3000n, 4, 1n);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual([3]);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual([]);
    const fast = m.stat('pf_fast');
    m.recorder.on = true;
    m.write(0x3000n, 4, 2n);
    expect(m.events()).toContain('fast_page_fault');
    expect(m.stat('pf_fast')).toBe(fast + 1);
    expect(m.took('mmu_lock.read') + m.took('mmu_lock.write')).toBe(0);
    expect(m.took('fast_page_fault')).toBe(4);
    m.write(0x3004n, 4, 2n);
    expect(m.lastVmExits).toBe(0);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual([3]);
  });

  it('154: with PML no write exits until the log is full', () => {
    const { m, log } = logged();
    for (let page = 0n; page < 600n; page++) m.write(page << 12n, 4, 1n);
    log(LOG_DIRTY);
    let exits = 0;
    for (let page = 0n; page < 512n; page++) {
      m.write(page << 12n, 4, 2n);
      exits += m.lastVmExits;
    }
    expect(exits).toBe(0);
    m.write(512n << 12n, 4, 2n);
    expect(m.lastVmExits).toBe(1);
    expect(m.took('vmx_flush_pml_buffer')).toBe(512);
    m.write(513n << 12n, 4, 2n);
    m.write(A, 4, 1n);
    expect(m.took('vmx_flush_pml_buffer')).toBe(2);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual(Array.from({ length: 514 }, (_, page) => page));
  });

  it('a page logged by the CPU and not yet drained is in the bitmap', () => {
    const { m, log } = logged();
    m.write(0x5000n, 4, 1n);
    log(LOG_DIRTY);
    m.write(0x5000n, 4, 2n);
    expect(m.lastVmExits).toBe(0);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual([5]);
  });

  it.each([true, false])('huge pages are split while a slot logs, PML %s, and come back', (pml) => {
    const { m, log } = logged({ cpu: { pml } }, 2);
    m.write(0x5000n, 4, 7n);
    expect(m.stat('pages_2m')).toBe(1);
    log(LOG_DIRTY);
    expect([m.stat('pages_2m'), m.stat('pages_4k')]).toEqual([0, 512]);
    expect(m.read(0x5000n, 4)).toBe(7n);
    m.write(0x5000n, 4, 8n);
    m.write(0x9000n, 4, 8n);
    expect(dirtyPages(dirtyLog(m.kvm, 0).bitmap)).toEqual([5, 9]);
    log(0);
    expect(m.read(0x5000n, 4)).toBe(8n);
    expect([m.stat('pages_2m'), m.stat('pages_4k')]).toEqual([1, 0]);
  });
});

describe('host memory', () => {
  it('reclaimed pages keep their contents and fault in again', () => {
    const m = new KvmMachine();
    m.slot(0, 0n, 16);
    m.write(0x2000n, 8, 0x1234_5678_9abcn);
    invalidateHva(m.kvm, m.kvm.slots.table.hvaPage[0]!, 16);
    expect(m.stat('pages_4k')).toBe(0);
    expect(m.read(0x2000n, 8)).toBe(0x1234_5678_9abcn);
    expect(m.lastVmExits).toBe(1);
  });

  it.each([
    [1, 'pages_4k'],
    [2, 'pages_2m'],
    [3, 'pages_1g'],
  ] as const)('a host page of level %i makes a leaf counted in %s', (level, stat) => {
    const m = new KvmMachine();
    m.slot(0, 0x4000_0000n, 512 * 512, { level });
    m.write(0x4000_0000n, 8, 1n);
    expect(m.stat(stat)).toBe(1);
  });

  it('a slot that is not aligned like its host pages gets 4 KiB leaves', () => {
    const m = new KvmMachine();
    m.slot(0, 0x1000n, 1024, { level: 2 });
    m.write(0x20_1000n, 8, 1n);
    expect(m.stat('pages_4k')).toBe(1);
  });
});
