import { describe, expect, it } from 'vitest';
import { type DriveOptions, drive, type MachineDriver } from '../../test/driver/machine-driver.ts';

const GVA = 0x4000_0000;
/** A frame beyond the 40 bits of Nehalem's physical addresses: reserved in the guest's entry. */
const BEYOND = (1n << 45n) | 0x20_0000n;

const INTEL: readonly DriveOptions[] = [
  { kernel: '2.6.24', design: 'bypass-guest-pf' },
  { kernel: '2.6.26', design: 'bypass-guest-pf-2.6.26' },
];

function guest(options: DriveOptions, present: boolean): MachineDriver {
  return drive({ mmu: 'shadow', cpu: 'nehalem', ...options })
    .ram(0, 0x100_0000)
    .map(GVA, 4096, { gpa: BEYOND, present })
    .map(GVA + 0x1000, 4096, { gpa: 0x30_0000n })
    .start();
}

describe('a guest entry with reserved bits under bypass_guest_pf', () => {
  it.each(INTEL)('absent: P=0 decides, and the guest gets what a processor gives: %o', (options) => {
    const d = guest(options, false);
    d.read64(GVA + 0x1000);
    d.read64(GVA);
    expect(d.fault).toEqual({ vector: 14, errorCode: 0, address: BigInt(GVA) });
    d.expectNoDivergence();
  });

  it.each(INTEL)('present: KVM does not look at them, which the reference reports: %o', (options) => {
    const d = guest(options, true);
    d.read64(GVA + 0x1000);
    d.read64(GVA);
    expect(d.fault).toBeNull();
    d.expectDivergences({ 'wrong-fault': 1 });
  });
});
