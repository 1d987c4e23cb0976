import { describe, expect, it } from 'vitest';
import { bigHi, bigLo } from '../../core/base/words.ts';
import { CPU_DONE, CPU_EXIT } from '../../core/cpu/cpu.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { OP } from '../../core/guest/instruction.ts';
import { REG } from '../../core/guest/registers.ts';
import { EXIT_REASON } from '../../core/spec/vm-exit.ts';
import { A, D, EPT_A, EPT_D, EPT_WB, P, U, W } from '../driver/tables.ts';
import { TestVcpu } from '../driver/vcpu.ts';

// Values of kvm-unit-tests x86/vmx_tests.c and of the kernel's nested_tdp_fault_test.c.
const GVA = 0x12_3456_7000n;
const LEAF = P | W | U | A | D;
const ACCESS = { read: OP.READ, write: OP.WRITE, fetch: OP.FETCH } as const;
type Access = keyof typeof ACCESS;
const R = 1n;
const WR = 2n;
const X = 4n;

/** A page at GVA whose guest frame stands alone under its EPT tables of every level, so that each level may be spoilt. */
function lonely(config: Partial<CpuConfig> = {}, level = 1): { vcpu: TestVcpu; gpa: bigint } {
  const vcpu = new TestVcpu({ config });
  // Far from the guest's tables in every EPT level: index 1 of the EPT's top table.
  const gfn = 1 << 27;
  vcpu.backGuest(gfn, level > 2 ? 2 : level);
  if (level === 3) vcpu.nested!.setEntry(BigInt(gfn) << 12n, 3, 0x4000_0000n | 0x80n | 7n | EPT_WB | EPT_A | EPT_D);
  vcpu.mapGuest(GVA, gfn, LEAF, 1);
  return { vcpu, gpa: BigInt(gfn) << 12n };
}

function setRights(vcpu: TestVcpu, gpa: bigint, level: number, rights: bigint): void {
  const entry = vcpu.nested!.entry(gpa, level);
  vcpu.nested!.setEntry(gpa, level, (entry & ~7n) | rights);
}

function expectViolation(vcpu: TestVcpu, qualification: number, gpa: bigint): void {
  const { exit } = vcpu.cpu;
  expect(exit.reason).toBe(EXIT_REASON.EPT_VIOLATION);
  expect(exit.qualification).toBe(qualification);
  expect(vcpu.gpa).toBe(gpa);
  expect([exit.glaHi >>> 0, exit.glaLo >>> 0]).toEqual([bigHi(GVA), bigLo(GVA)]);
}

const FINAL: readonly [string, bigint, Access, number][] = [
  ['not present', 0n, 'read', 0x181],
  ['not present', 0n, 'write', 0x182],
  ['not present', 0n, 'fetch', 0x184],
  ['R--', R, 'write', 0x18a],
  ['R--', R, 'fetch', 0x18c],
  ['RW-', R | WR, 'fetch', 0x19c],
  ['R-X', R | X, 'write', 0x1aa],
  ['--X', X, 'read', 0x1a1],
  ['--X', X, 'write', 0x1a2],
];

describe('EPT violation: exit qualification of the final access', () => {
  for (const level of [1, 2, 3, 4]) {
    it.each(FINAL)(`level ${level} %s (%d), %s`, (_, rights, access, qualification) => {
      const { vcpu, gpa } = lonely();
      setRights(vcpu, gpa, level, rights);
      expect(vcpu.run(ACCESS[access], GVA, 1)).toBe(CPU_EXIT);
      expectViolation(vcpu, qualification, gpa);
    });
  }

  for (const level of [2, 3]) {
    it.each(FINAL)(`large leaf of level ${level} %s (%d), %s`, (_, rights, access, qualification) => {
      const { vcpu, gpa } = lonely({}, level);
      setRights(vcpu, gpa, level, rights);
      expect(vcpu.run(ACCESS[access], GVA, 1)).toBe(CPU_EXIT);
      expectViolation(vcpu, qualification, gpa);
    });
  }

  it('names the byte accessed, and a read-modify-write as read and write', () => {
    const { vcpu, gpa } = lonely();
    setRights(vcpu, gpa, 1, R);
    expect(vcpu.run(OP.ADD, GVA + 0x123n, 1)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.qualification).toBe(0x18b);
    expect(vcpu.gpa).toBe(gpa + 0x123n);
  });
});

describe('EPT misconfiguration', () => {
  const cases: readonly [string, bigint][] = [
    ['-W-', WR],
    ['-WX', WR | X],
  ];
  for (const level of [1, 2, 3, 4]) {
    it.each(cases)(`%s (%d) at level ${level}`, (_, rights) => {
      const { vcpu, gpa } = lonely();
      setRights(vcpu, gpa, level, rights);
      for (const access of ['read', 'write', 'fetch'] as const) {
        expect(vcpu.run(ACCESS[access], GVA, 1)).toBe(CPU_EXIT);
        expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
        expect(vcpu.cpu.exit.qualification).toBe(0);
        expect(vcpu.gpa).toBe(gpa);
      }
    });
  }

  const bits: readonly [string, number, bigint, bigint][] = [
    ['memory type 2', 1, 7n << 3n, 2n << 3n],
    ['memory type 3', 1, 7n << 3n, 3n << 3n],
    ['memory type 7', 1, 7n << 3n, 7n << 3n],
    ['address bit at MAXPHYADDR', 1, 0n, 1n << 46n],
    ['address bit 51', 1, 0n, 1n << 51n],
    ['address bit at MAXPHYADDR, non-leaf', 2, 0n, 1n << 46n],
    ['non-leaf bit 3', 2, 0n, 1n << 3n],
    ['non-leaf bit 6', 3, 0n, 1n << 6n],
    ['PML4E bit 3', 4, 0n, 1n << 3n],
    ['PML4E bit 7', 4, 0n, 1n << 7n],
  ];
  it.each(bits)('%s at level %d', (_, level, clear, set) => {
    const { vcpu, gpa } = lonely();
    vcpu.nested!.setEntry(gpa, level, (vcpu.nested!.entry(gpa, level) & ~clear) | set);
    expect(vcpu.read(GVA, 1)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
  });

  it.each([
    ['2M leaf bit 12', 2, 1n << 12n],
    ['2M leaf bit 20', 2, 1n << 20n],
    ['1G leaf bit 12', 3, 1n << 12n],
    ['1G leaf bit 29', 3, 1n << 29n],
  ] as const)('%s', (_, level, set) => {
    const { vcpu, gpa } = lonely({}, level);
    vcpu.nested!.setEntry(gpa, level, vcpu.nested!.entry(gpa, level) | set);
    expect(vcpu.read(GVA, 1)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
  });

  it('PS where 1 GiB pages are unsupported', () => {
    const { vcpu } = lonely({ p1g: false }, 3);
    vcpu.read(GVA, 1);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
  });

  it('execute-only only where it is unsupported', () => {
    const { vcpu, gpa } = lonely({ executeOnly: false });
    setRights(vcpu, gpa, 1, X);
    vcpu.fetch(GVA);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
    const supported = lonely({ executeOnly: true });
    setRights(supported.vcpu, supported.gpa, 1, X);
    expect(supported.vcpu.fetch(GVA)).toBe(CPU_DONE);
  });

  it.each([8, 9, 11, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 10].map((bit) => [bit]))(
    'ignores bit %i',
    (bit) => {
      for (const level of [1, 2, 3, 4]) {
        const { vcpu, gpa } = lonely();
        vcpu.nested!.setEntry(gpa, level, vcpu.nested!.entry(gpa, level) | (1n << BigInt(bit)));
        expect(vcpu.read(GVA, 1)).toBe(CPU_DONE);
      }
    },
  );

  it('an entry that is not present ignores all of its reserved bits: a violation', () => {
    const { vcpu, gpa } = lonely();
    vcpu.nested!.setEntry(gpa, 1, (1n << 51n) | (7n << 3n));
    vcpu.read(GVA, 1);
    expectViolation(vcpu, 0x181, gpa);
  });

  it('fills the instruction length unless another hypervisor does not', () => {
    for (const fills of [true, false]) {
      const { vcpu, gpa } = lonely({ misconfigFillsInsnLen: fills });
      setRights(vcpu, gpa, 1, WR | X);
      vcpu.write(GVA, 1n, 4);
      expect(vcpu.cpu.exit.instructionLength).toBe(fills ? 3 : 0);
    }
  });
});

describe('EPT violation: guest paging-structure accesses', () => {
  /** GVA's page-table page, which holds its PTE. */
  function tablePage(vcpu: TestVcpu, level: number): { gpa: bigint; entry: bigint } {
    const { frame, index } = vcpu.guest.place(GVA, level);
    return { gpa: BigInt(frame) << 12n, entry: (BigInt(frame) << 12n) + BigInt(index * 8) };
  }
  const cases: readonly [string, boolean, bigint, bigint, number | null][] = [
    ['not present, A/D off', false, 0n, LEAF, 0x81],
    ['not present, A/D on', true, 0n, LEAF, 0x83],
    ['R--, needs A, A/D off', false, R, P | W | U, 0x8b],
    ['R--, needs D, A/D off', false, R, P | W | U | A, 0x8b],
    ['R--, A/D on, A=D=1', true, R, LEAF, 0x8b],
    ['R--, A/D off, A=D=1', false, R, LEAF, null],
    ['R-X, A/D on', true, R | X, LEAF, 0xab],
    ['--X, A/D off', false, X, LEAF, 0xa1],
    ['--X, A/D on', true, X, LEAF, 0xa3],
  ];
  it.each(cases)('%s', (_, eptAd, rights, pte, qualification) => {
    const { vcpu } = lonely({ eptAd });
    vcpu.guest.setEntry(GVA, 1, (vcpu.guest.entry(GVA, 1) & ~0xfffn) | pte);
    const { gpa, entry } = tablePage(vcpu, 1);
    setRights(vcpu, gpa, 1, rights);
    const outcome = vcpu.write(GVA, 1n, 1);
    if (qualification === null) expect(outcome).toBe(CPU_DONE);
    else {
      expect(outcome).toBe(CPU_EXIT);
      expectViolation(vcpu, qualification, entry);
    }
  });

  it('every level of the guest walk exits alike, with the address of its entry', () => {
    for (const level of [1, 2, 3, 4]) {
      const { vcpu } = lonely();
      const { gpa, entry } = tablePage(vcpu, level);
      setRights(vcpu, gpa, 1, 0n);
      vcpu.read(GVA, 1);
      expectViolation(vcpu, 0x83, entry);
    }
  });

  it('a read of a page whose accessed flag is set needs no update with A/D off', () => {
    const { vcpu } = lonely({ eptAd: false });
    vcpu.guest.setEntry(GVA, 1, (vcpu.guest.entry(GVA, 1) & ~0xfffn) | P | W | U | A);
    setRights(vcpu, tablePage(vcpu, 1).gpa, 1, R);
    expect(vcpu.read(GVA, 1)).toBe(CPU_DONE);
    expect(vcpu.write(GVA, 1n, 1)).toBe(CPU_EXIT);
    expect(vcpu.cpu.exit.qualification).toBe(0x8b);
  });

  it('a misconfigured table page names the entry', () => {
    const { vcpu } = lonely();
    const { gpa, entry } = tablePage(vcpu, 2);
    setRights(vcpu, gpa, 1, WR);
    vcpu.read(GVA, 1);
    expect(vcpu.cpu.exit.reason).toBe(EXIT_REASON.EPT_MISCONFIG);
    expect(vcpu.gpa).toBe(entry);
  });

  it('the guest sees no fault and no CR2 when the exit wins', () => {
    const { vcpu } = lonely();
    vcpu.guest.setEntry(GVA, 1, 0n);
    setRights(vcpu, tablePage(vcpu, 1).gpa, 1, 0n);
    expect(vcpu.read(GVA, 1)).toBe(CPU_EXIT);
    expect(vcpu.registers.at[REG.CR2_LO]).toBe(0);
  });
});
