import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT } from '../../core/cpu/cpu.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { OP } from '../../core/guest/instruction.ts';
import { SVM_EXIT } from '../../core/spec/vm-exit.ts';
import { A, D, NX, P, U, W } from '../driver/tables.ts';
import { TestVcpu } from '../driver/vcpu.ts';

// Values of kvm-unit-tests x86/svm_npt.c and of the kernel's nested_tdp_fault_test.c.
const GVA = 0x12_3456_7000n;
const LEAF = P | W | U | A | D;
const ACCESS = { read: OP.READ, write: OP.WRITE, fetch: OP.FETCH, rmw: OP.ADD } as const;
type Access = keyof typeof ACCESS;

/** A page at GVA whose guest frame stands alone under its nested tables of every level. */
function lonely(config: Partial<CpuConfig> = {}): { vcpu: TestVcpu; gpa: bigint } {
  const vcpu = new TestVcpu({ config: { nested: 'npt', ...config } });
  const gfn = 1 << 27;
  vcpu.backGuest(gfn);
  vcpu.mapGuest(GVA, gfn);
  return { vcpu, gpa: BigInt(gfn) << 12n };
}

function change(vcpu: TestVcpu, gpa: bigint, level: number, clear: bigint, set: bigint): void {
  vcpu.nested!.setEntry(gpa, level, (vcpu.nested!.entry(gpa, level) & ~clear) | set);
}

function expectFault(vcpu: TestVcpu, info: bigint, gpa: bigint): void {
  const { exit } = vcpu.cpu;
  expect(exit.reason).toBe(SVM_EXIT.NPF);
  expect((BigInt(exit.infoHi) << 32n) | BigInt(exit.qualification)).toBe(info);
  expect(vcpu.gpa).toBe(gpa);
}

const RESERVED = 1n << 48n;

describe('nested page fault: EXITINFO1 of the final access', () => {
  const cases: readonly [string, bigint, bigint, Access, bigint][] = [
    ['not present', P, 0n, 'read', 0x1_0000_0004n],
    ['not present', P, 0n, 'write', 0x1_0000_0006n],
    ['not present', P, 0n, 'rmw', 0x1_0000_0006n],
    ['not present', P, 0n, 'fetch', 0x1_0000_0014n],
    ['NX', 0n, NX, 'fetch', 0x1_0000_0015n],
    ['U/S = 0', U, 0n, 'read', 0x1_0000_0005n],
    ['read-only', W, 0n, 'write', 0x1_0000_0007n],
    ['write without present', P, W, 'read', 0x1_0000_0004n],
    ['reserved bit (an MMIO SPTE)', 0n, RESERVED, 'read', 0x1_0000_000dn],
    ['reserved bit (an MMIO SPTE)', 0n, RESERVED, 'write', 0x1_0000_000fn],
    ['reserved bit', 0n, RESERVED, 'fetch', 0x1_0000_001dn],
  ];
  for (const level of [1, 2, 3, 4]) {
    it.each(cases)(`level ${level} %s (-%d +%d), %s`, (_, clear, set, access, info) => {
      const { vcpu, gpa } = lonely();
      change(vcpu, gpa, level, clear, set);
      expect(vcpu.run(ACCESS[access], GVA, 1)).toBe(CPU_EXIT);
      expectFault(vcpu, info, gpa);
    });
  }

  it('a fetch is marked only where the host has NX', () => {
    const { vcpu, gpa } = lonely({ hostNx: false });
    change(vcpu, gpa, 1, 0n, RESERVED);
    vcpu.fetch(GVA);
    expectFault(vcpu, 0x1_0000_000dn, gpa);
  });

  it('CR0.WP has no say: a supervisor write to a read-only nested page faults', () => {
    const { vcpu, gpa } = lonely();
    vcpu.set(0, vcpu.registers.at[0]! & ~(1 << 16));
    change(vcpu, gpa, 1, W, 0n);
    expect(vcpu.write(GVA, 1n)).toBe(CPU_EXIT);
  });

  it('a large leaf with reserved address bits', () => {
    const vcpu = new TestVcpu({ config: { nested: 'npt' } });
    const gfn = 1 << 27;
    vcpu.backGuest(gfn, 2, LEAF);
    vcpu.mapGuest(GVA, gfn);
    expect(vcpu.read(GVA)).toBe(CPU_DONE);
    change(vcpu, BigInt(gfn) << 12n, 2, 0n, 1n << 13n);
    vcpu.cpu.invalidation.everything();
    vcpu.read(GVA);
    expectFault(vcpu, 0x1_0000_000dn, BigInt(gfn) << 12n);
  });
});

describe('nested page fault: EXITINFO1 of guest table walks, which are user writes', () => {
  it.each([
    ['read-only', W, 0n, 0x2_0000_0007n],
    ['missing', P, 0n, 0x2_0000_0006n],
    ['supervisor', U, 0n, 0x2_0000_0007n],
    ['reserved', 0n, RESERVED, 0x2_0000_000fn],
  ] as const)('page-table page %s', (_, clear, set, info) => {
    for (const level of [1, 2, 3, 4]) {
      const { vcpu } = lonely();
      const { frame, index } = vcpu.guest.place(GVA, level);
      const gpa = BigInt(frame) << 12n;
      change(vcpu, gpa, 1, clear, set);
      expect(vcpu.read(GVA, 1)).toBe(CPU_EXIT);
      expectFault(vcpu, info, gpa + BigInt(index * 8));
    }
  });

  it('a reserved bit in the shared upper entries hits the table walk first', () => {
    for (const level of [3, 4]) {
      const { vcpu } = lonely();
      const root = BigInt(vcpu.guest.root) << 12n;
      change(vcpu, root, level, 0n, RESERVED);
      vcpu.fetch(GVA);
      expectFault(vcpu, 0x2_0000_000fn, root + BigInt(vcpu.guest.place(GVA, 4).index * 8));
    }
  });
});

describe('nested page fault: next RIP', () => {
  it.each([
    [false, true, 0],
    [true, true, 1],
    [true, false, 0],
  ])('nripOnNpf %s, nrips %s', (nripOnNpf, nrips, valid) => {
    const { vcpu, gpa } = lonely({ nripOnNpf, nrips });
    change(vcpu, gpa, 1, 0n, RESERVED);
    vcpu.write(GVA, 1n, 4);
    expect(vcpu.cpu.exit.nextRipValid).toBe(valid);
    expect(vcpu.cpu.exit.instructionLength).toBe(valid === 1 ? 3 : 0);
  });
});
