import { expect, it, describe } from 'vitest';
import { type DriveOptions, drive, type MachineDriver } from '../../test/driver/machine-driver.ts';

const TABLES = 0xf0_0000;
const RAM = 0x100_0000;
/** Two pages of a table that nobody has used yet: the first is present, the second is made present in the race. */
const FIRST = 0x4000_0000;
const SECOND = FIRST + 0x1000;
const FRAME = 0x20_0000;
/** P, R/W, U/S, A, D. */
const BITS = 0x67;

/** Guest-physical address of the entry for an address in the table of level 1. */
function entryOf(d: MachineDriver, gva: number): number {
  let table = TABLES;
  for (let level = 4; ; level--) {
    const at = table + (Math.floor(gva / 2 ** (12 + 9 * (level - 1))) % 512) * 8;
    if (level === 1) return at;
    table = Number(d.read64(at)! & ~0xfffn);
  }
}

/** vCPU 0 shadows the table of FIRST; while it does, vCPU 1 makes SECOND present. Then vCPU 0 reads SECOND. */
function race(options: DriveOptions): { d: MachineDriver; fault: MachineDriver['fault'] } {
  const d = drive({ mmu: 'shadow', cpu: 'nehalem', ...options })
    .ram(0, RAM)
    .paging('4-level', TABLES)
    .map(FIRST, 4096, { gpa: BigInt(FRAME) })
    .map(SECOND, 4096, { gpa: BigInt(FRAME + 0x1000), present: false })
    .op({ kind: 'vcpus', count: 2 })
    .start();
  const entry = entryOf(d, SECOND);
  // The table is written before it is used, as a kernel does: its page is mapped writable.
  d.write64(entry + 8, 0);
  d.write64(FRAME + 0x1000, 0x1234);
  d.host({
    kind: 'while-in',
    window: 'kvm_mmu_get_page',
    // First the directory above it is shadowed, then the table itself.
    nth: 2,
    vcpu: 1,
    accesses: [{ op: 'write', address: BigInt(entry), value: BigInt(FRAME + 0x1000 + BITS), width: 8 }],
  });
  d.read64(FIRST);
  expect(d.fault).toBeNull();
  d.read64(SECOND);
  return { d, fault: d.fault };
}

const notes = (d: MachineDriver): string[] => d.result().notes.map(({ what }) => what);

describe('a page made present by another vCPU while its table is being shadowed', () => {
  it('as posted, the scan has passed it: the guest gets a fault that no processor would give, again and again', () => {
    const { d, fault } = race({ kernel: '2.6.24', design: 'bypass-guest-pf' });
    expect(notes(d)[0]).toBe('vCPU 1: 1 access while vCPU 0 is in kvm_mmu_get_page');
    expect(fault).toEqual({ vector: 14, errorCode: 0, address: BigInt(SECOND) });
    d.expectDivergences({ 'wrong-fault': 1 });
    expect(d.during(() => d.read64(SECOND)).exits).toEqual({});
    d.expectDivergences({ 'wrong-fault': 2 });
  });

  it.each<DriveOptions>([
    { kernel: '2.6.24', design: 'userspace' },
    { kernel: '2.6.24', design: 'bypass-guest-pf', cpu: 'zen1' },
    { kernel: '2.6.26', design: 'bypass-guest-pf-2.6.26' },
    { kernel: '2.6.26', design: 'no-bypass' },
  ])('not so with %o', (options) => {
    const { d, fault } = race(options);
    expect(fault).toBeNull();
    expect(d.register(8)).toBe(0x1234n);
    d.expectNoDivergence();
  });

  it('as corrected, the store itself has to wait: the table is write-protected first', () => {
    const { d } = race({ kernel: '2.6.26', design: 'bypass-guest-pf-2.6.26' });
    expect(notes(d)).toEqual([
      'vCPU 1: 1 access while vCPU 0 is in kvm_mmu_get_page; the last of them wait until vCPU 0 is through',
    ]);
  });
});
