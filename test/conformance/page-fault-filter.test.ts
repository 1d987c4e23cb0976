import { describe, expect, it } from 'vitest';
import { CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import { OP } from '../../core/guest/instruction.ts';
import { CR4, REG } from '../../core/guest/registers.ts';
import { EXIT_REASON, SVM_EXIT } from '../../core/spec/vm-exit.ts';
import { A, D, NX, P, U, W } from '../driver/tables.ts';
import { AMD, INTEL, TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x12_3456_7000n;
const RESERVED = 1n << 50n;
const KEY_1 = 1n << 59n;

/** Bits of an error code that the model's silicon can set: P, W, U, RSVD, I/D, PK. */
const CODE_BITS = 6;
const MASKS = 1 << CODE_BITS;

interface Fault {
  readonly code: number;
  readonly entry: bigint;
  readonly op: number;
  readonly user: boolean;
  readonly smap?: boolean;
  readonly pkru?: number;
}

const access = (op: number, user: boolean): number => (op === OP.WRITE ? 2 : op === OP.FETCH ? 16 : 0) | (user ? 4 : 0);

const accesses = [OP.READ, OP.WRITE, OP.FETCH].flatMap((op) => [false, true].map((user) => ({ op, user })));

/** One way to each error code that silicon can make with NX, SMAP and protection keys. */
const FAULTS: readonly Fault[] = [
  ...accesses.map(({ op, user }) => ({ code: access(op, user), entry: 0n, op, user })),
  ...accesses.map(({ op, user }) => ({ code: access(op, user) | 9, entry: P | W | U | A | D | RESERVED, op, user })),
  { code: 0x01, entry: P | U | A, op: OP.READ, user: false, smap: true },
  { code: 0x03, entry: P | A, op: OP.WRITE, user: false },
  { code: 0x05, entry: P | A, op: OP.READ, user: true },
  { code: 0x07, entry: P | U | A, op: OP.WRITE, user: true },
  { code: 0x11, entry: P | A | NX, op: OP.FETCH, user: false },
  { code: 0x15, entry: P | U | A | NX, op: OP.FETCH, user: true },
  { code: 0x21, entry: P | U | A | KEY_1, op: OP.READ, user: false, pkru: 0b0100 },
  { code: 0x23, entry: P | W | U | A | D | KEY_1, op: OP.WRITE, user: false, pkru: 0b1000 },
  { code: 0x25, entry: P | U | A | KEY_1, op: OP.READ, user: true, pkru: 0b0100 },
  { code: 0x27, entry: P | W | U | A | D | KEY_1, op: OP.WRITE, user: true, pkru: 0b1000 },
];

/** A vCPU on one table (shadow or native) whose access makes the fault. */
function faulting({ entry, user, smap = false, pkru = 0 }: Fault, vendor: 'intel' | 'amd'): TestVcpu {
  const vcpu = new TestVcpu({ config: { nested: 'none', vendor }, geometry: vendor === 'amd' ? AMD : INTEL });
  vcpu.page(GVA);
  const frame = vcpu.guest.entry(GVA, 1) & 0xf_ffff_ffff_f000n;
  vcpu.guest.setEntry(GVA, 1, entry === 0n ? 0n : frame | entry);
  const { at } = vcpu.registers;
  at[REG.CPL] = user ? 3 : 0;
  at[REG.CR4]! |= (smap ? CR4.SMAP : 0) | (pkru === 0 ? 0 : CR4.PKE);
  at[REG.PKRU] = pkru;
  vcpu.cpu.registersChanged();
  return vcpu;
}

/** SDM vol. 3C, 26.2: masked code and match equal: exit iff the bitmap has bit 14; unequal: iff it has not. */
function leaves(code: number, bitmap: number, mask: number, match: number): boolean {
  if ((code & mask) === match) return bitmap === 1;
  return bitmap === 0;
}

describe('the #PF filter of VMX, every bitmap, mask and match over the bits that silicon sets', () => {
  it.each(FAULTS.map((fault) => [`0x${fault.code.toString(16)}`, fault] as const))('error code %s', (_, fault) => {
    const vcpu = faulting(fault, 'intel');
    const port = new CpuHardware(vcpu.cpu);
    const wrong: string[] = [];
    let exits = 0;
    for (const bitmap of [0, 1] as const) {
      for (let mask = 0; mask < MASKS; mask++) {
        for (let match = 0; match < MASKS; match++) {
          port.setPageFaultFilter(bitmap, mask, match);
          vcpu.registers.at[REG.CR2_LO] = 0;
          const outcome = vcpu.run(fault.op, GVA, 4);
          const seen = outcome === CPU_EXIT ? vcpu.cpu.exit.errorCode : vcpu.cpu.fault.errorCode;
          const cr2 = vcpu.registers.at[REG.CR2_LO]! >>> 0;
          if (outcome === CPU_EXIT) exits++;
          const wanted = leaves(fault.code, bitmap, mask, match) ? CPU_EXIT : CPU_FAULT;
          const right = outcome === wanted && seen === fault.code;
          // Only a fault that the guest gets moves CR2.
          if (!right || (cr2 !== 0) !== (outcome === CPU_FAULT)) wrong.push(`${bitmap} ${mask} ${match}: ${seen}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    // Each mask splits the matches in one that equals and the others, and the two bitmaps are each other's opposite.
    expect(exits).toBe(MASKS * MASKS);
    expect(vcpu.cpu.exit).toMatchObject({
      reason: EXIT_REASON.EXCEPTION_NMI,
      glaHi: Number(GVA >> 32n),
      glaLo: Number(GVA & 0xffff_ffffn),
      qualification: Number(GVA & 0xffff_ffffn),
      instructionLength: 0,
    });
  });

  it.each([
    ['as KVM sets it under shadow paging, every fault exits', 1, 0, 0, () => true],
    ['as bypass_guest_pf sets it, those with P do', 1, 1, 1, (code: number) => (code & 1) !== 0],
    ['as KVM sets it with EPT, none does', 0, 0, 0, () => false],
  ] as const)('%s', (_what, bitmap, mask, match, exits) => {
    for (const fault of FAULTS) {
      const vcpu = faulting(fault, 'intel');
      new CpuHardware(vcpu.cpu).setPageFaultFilter(bitmap, mask, match);
      expect(vcpu.run(fault.op, GVA, 4)).toBe(exits(fault.code) ? CPU_EXIT : CPU_FAULT);
    }
  });

  it.each(FAULTS.map((fault) => [`0x${fault.code.toString(16)}`, fault] as const))(
    'AMD, error code %s: all or nothing',
    (_, fault) => {
      const vcpu = faulting(fault, 'amd');
      const port = new CpuHardware(vcpu.cpu);
      for (const [mask, match] of [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
        [9, 1],
      ] as const) {
        port.setPageFaultFilter(0, mask, match);
        expect(vcpu.run(fault.op, GVA, 4)).toBe(CPU_FAULT);
        expect(vcpu.cpu.fault).toMatchObject({ vector: 14, errorCode: fault.code });
        port.setPageFaultFilter(1, mask, match);
        expect(vcpu.run(fault.op, GVA, 4)).toBe(CPU_EXIT);
        expect(vcpu.cpu.exit).toMatchObject({
          reason: SVM_EXIT.PF_EXCEPTION,
          qualification: fault.code,
          errorCode: fault.code,
          glaHi: Number(GVA >> 32n),
          glaLo: Number(GVA & 0xffff_ffffn),
        });
      }
    },
  );
});
