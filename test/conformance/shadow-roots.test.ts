import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../../core/guest/registers.ts';
import { EXIT_REASON, SVM_EXIT } from '../../core/spec/vm-exit.ts';
import { A, D, P, TableTree, U, W } from '../driver/tables.ts';
import { AMD, BARE, INTEL, TestVcpu } from '../driver/vcpu.ts';

const GVA = 0x4123_4000n;
const ALL = P | W | U;
/** shadow_trap_nonpresent_pte of 2007: all ones but bits 11:1. */
const TRAP = 0xffff_ffff_ffff_f001n;
const IO_MARK = 1n << 9n;

interface Options {
  readonly vendor?: 'intel' | 'amd';
  readonly maxphyaddr?: number;
  readonly vpid?: boolean;
  /** Without paging-structure caches every walk loads every level. */
  readonly bare?: boolean;
}

/**
 * A vCPU on shadow tables of its own, apart from the guest's registers: what KVM would have built. Long mode has 4 or 5 levels; guests with
 * 32-bit paging, PAE or none have 3, whatever CR3 and CR4 say.
 */
class Shadowed {
  readonly vcpu: TestVcpu;
  readonly port: CpuHardware;
  tree: TableTree;
  readonly levels: 3 | 4 | 5;

  constructor(levels: 3 | 4 | 5, { vendor = 'intel', maxphyaddr = 46, vpid = true, bare = false }: Options = {}) {
    const amd = vendor === 'amd';
    this.vcpu = new TestVcpu({
      guestLevels: levels === 3 ? 2 : levels,
      geometry: amd ? AMD : INTEL,
      config: { nested: 'none', vendor, maxphyaddr, vpid, ...(bare ? { pscSizes: amd ? 0 : BARE.pscSizes } : {}) },
    });
    this.levels = levels;
    this.port = new CpuHardware(this.vcpu.cpu);
    this.port.setPageFaultFilter(1, 0, 0);
    this.port.setIntercepts(1, 1, CR0.PG | CR0.WP, CR4.PAE | CR4.PGE);
    this.port.setForced(CR0.PG | CR0.WP, CR4.PAE, EFER.NXE, 0);
    this.tree = this.newTree();
    this.enter();
  }

  newTree(): TableTree {
    const { memory } = this.vcpu;
    const allocTable = (): number => memory.allocFrame();
    return new TableTree(memory, {
      levels: this.levels,
      upper: ALL,
      ...(this.levels === 3 ? { top: P } : {}),
      allocTable,
      hostOf: (frame) => frame,
    });
  }

  /** Loads the root and enters the guest. */
  enter(tree = this.tree): void {
    this.tree = tree;
    this.port.setRoot(tree.root, this.levels);
    this.vcpu.cpu.enterGuest();
    this.vcpu.paths.end();
  }

  map(gva: bigint, bits = ALL): number {
    const hfn = this.vcpu.memory.allocFrame();
    this.tree.map(gva, hfn, bits);
    this.enter();
    return hfn;
  }

  /** The error code of an access that must leave the guest with a #PF. */
  errorCode(op: number, gva = GVA): number {
    expect(this.vcpu.run(op, gva, 4)).toBe(CPU_EXIT);
    return this.vcpu.cpu.exit.errorCode;
  }
}

describe.each([3, 4, 5] as const)('a shadow table of %i levels', (levels) => {
  it.each(['intel', 'amd'] as const)('%s walks it, not the table in CR3, and sets A and D in it', (vendor) => {
    const s = new Shadowed(levels, { vendor, bare: true });
    const hfn = s.map(GVA);
    expect(s.vcpu.loadsOf(() => expect(s.vcpu.read(GVA)).toBe(CPU_DONE))).toEqual({
      // The pointers of a three-level table are loaded by the VM entry.
      guest: levels === 3 ? 2 : levels,
      nested: 0,
      all: levels === 3 ? 2 : levels,
    });
    expect(s.tree.entry(GVA, 1) & (A | D)).toBe(A);
    expect(s.vcpu.write(GVA, 0x1234n)).toBe(CPU_DONE);
    expect(s.tree.entry(GVA, 1) & (A | D)).toBe(A | D);
    for (let level = 2; level < (levels === 3 ? 3 : levels + 1); level++) expect(s.tree.entry(GVA, level) & A).toBe(A);
    expect(s.vcpu.memory.word(hfn, 0)).toBe(0x1234);
    expect(s.vcpu.guest.entry(GVA, 1)).toBe(0n);
  });

  it('what is absent has P clear in the error code', () => {
    const s = new Shadowed(levels);
    s.map(GVA);
    for (let level = 1; level <= levels; level++) {
      const fresh = new Shadowed(levels);
      fresh.map(GVA);
      fresh.tree.setEntry(GVA, level, 0n);
      fresh.enter();
      expect([OP.READ, OP.WRITE, OP.FETCH].map((op) => fresh.errorCode(op))).toEqual([0, 2, 0x10]);
      fresh.vcpu.set(REG.CPL, 3);
      expect([OP.READ, OP.WRITE, OP.FETCH].map((op) => fresh.errorCode(op))).toEqual([4, 6, 0x14]);
    }
  });

  it.each([TRAP, TRAP | IO_MARK])('a trapping entry (%x) at any level is present and reserved', (trap) => {
    for (let level = 1; level < (levels === 3 ? 3 : levels + 1); level++) {
      const s = new Shadowed(levels);
      s.map(GVA);
      s.tree.setEntry(GVA, level, trap);
      s.enter();
      expect([OP.READ, OP.WRITE, OP.FETCH].map((op) => s.errorCode(op))).toEqual([9, 0xb, 0x19]);
      s.vcpu.set(REG.CPL, 3);
      expect([OP.READ, OP.WRITE, OP.FETCH].map((op) => s.errorCode(op))).toEqual([0xd, 0xf, 0x1d]);
    }
  });

  it('nothing of a trapping or absent entry is cached: KVM need not flush when it fills it', () => {
    for (const entry of [TRAP, 0n]) {
      const s = new Shadowed(levels);
      s.map(GVA);
      const leaf = s.tree.entry(GVA, 1);
      s.tree.setEntry(GVA, 1, entry);
      s.errorCode(OP.READ);
      s.tree.setEntry(GVA, 1, leaf);
      expect(s.vcpu.read(GVA)).toBe(CPU_DONE);
    }
  });

  it('with the filter of 2007 an absent entry faults in the guest, a trapping one leaves it', () => {
    const s = new Shadowed(levels);
    s.map(GVA);
    s.port.setPageFaultFilter(1, 1, 1);
    s.tree.setEntry(GVA, 1, 0n);
    expect(s.vcpu.write(GVA, 1n)).toBe(CPU_FAULT);
    expect(s.vcpu.cpu.fault).toMatchObject({ vector: 14, errorCode: 2, lo: Number(GVA) });
    expect(s.vcpu.registers.at[REG.CR2_LO]).toBe(Number(GVA));
    s.tree.setEntry(GVA, 1, TRAP);
    expect(s.errorCode(OP.WRITE)).toBe(0xb);
  });

  it('CR0.WP forced: a guest without it cannot write a read-only entry from ring 0', () => {
    const s = new Shadowed(levels);
    s.map(GVA, P | U);
    s.vcpu.set(REG.CR0, CR0.PE | CR0.PG);
    expect(s.errorCode(OP.WRITE)).toBe(3);
    s.port.setForced(CR0.PG, CR4.PAE, EFER.NXE, 0);
    expect(s.vcpu.write(GVA, 1n)).toBe(CPU_DONE);
  });

  it('EFER.NXE forced: bit 63 refuses fetches, and fetches are marked, of a guest without it', () => {
    const s = new Shadowed(levels);
    s.map(GVA, ALL | (1n << 63n));
    s.vcpu.set(REG.EFER, levels === 3 ? 0 : EFER.LME | EFER.LMA);
    expect(s.errorCode(OP.FETCH)).toBe(0x11);
    s.port.setForced(CR0.PG | CR0.WP, CR4.PAE, 0, 0);
    expect(s.errorCode(OP.FETCH)).toBe(9);
  });

  it('SMEP cleared in the real CR4: a guest that turned it on before paging runs its pages', () => {
    const s = new Shadowed(levels);
    s.map(GVA);
    s.vcpu.set(REG.CR4, s.vcpu.registers.at[REG.CR4]! | CR4.SMEP);
    expect(s.errorCode(OP.FETCH)).toBe(0x11);
    s.port.setForced(CR0.PG | CR0.WP, CR4.PAE, EFER.NXE, CR4.SMEP);
    expect(s.vcpu.fetch(GVA)).toBe(CPU_DONE);
  });

  it('another root drops nothing: the flush is KVM’s', () => {
    const s = new Shadowed(levels);
    s.map(GVA);
    s.vcpu.read(GVA);
    s.enter(s.newTree());
    expect(s.vcpu.read(GVA)).toBe(CPU_DONE);
    s.port.invalidateVpid();
    expect(s.errorCode(OP.READ)).toBe(0);
  });

  it('without VPID every entry drops what the table before it left', () => {
    const s = new Shadowed(levels, { vpid: false });
    s.map(GVA);
    s.vcpu.read(GVA);
    s.enter(s.newTree());
    expect(s.errorCode(OP.READ)).toBe(0);
  });
});

describe('the pointers of a three-level root', () => {
  it('are those of the last VM entry', () => {
    const s = new Shadowed(3);
    s.map(GVA);
    expect(s.vcpu.read(GVA)).toBe(CPU_DONE);
    const pointer = s.tree.entry(GVA, 3);
    s.tree.setEntry(GVA, 3, 0n);
    s.port.invalidateVpid();
    expect(s.vcpu.read(GVA)).toBe(CPU_DONE);
    s.enter();
    s.port.invalidateVpid();
    expect(s.errorCode(OP.READ)).toBe(0);
    s.tree.setEntry(GVA, 3, pointer);
    s.enter();
    expect(s.vcpu.read(GVA)).toBe(CPU_DONE);
  });

  it('span 4 GiB, and addresses have 32 bits', () => {
    const s = new Shadowed(3);
    const pages = [0n, 0x4000_0000n, 0x8000_0000n, 0xffff_f000n];
    const frames = pages.map((gva) => s.map(gva));
    pages.forEach((gva, i) => expect(s.vcpu.write((7n << 32n) + gva, BigInt(i + 1))).toBe(CPU_DONE));
    expect(frames.map((hfn) => s.vcpu.memory.word(hfn, 0))).toEqual([1, 2, 3, 4]);
  });
});

describe('a processor of 52 physical bits has no reserved address bit', () => {
  it('a trapping leaf of long mode is a supervisor page then; with PAE bits 62:52 are still reserved', () => {
    const long = new Shadowed(4, { maxphyaddr: 52 });
    long.map(GVA);
    long.tree.setEntry(GVA, 1, TRAP & ~(1n << 63n));
    long.vcpu.set(REG.CPL, 3);
    expect(long.errorCode(OP.READ)).toBe(5);
    const pae = new Shadowed(3, { maxphyaddr: 52 });
    pae.map(GVA);
    pae.tree.setEntry(GVA, 1, TRAP & ~(1n << 63n));
    pae.vcpu.set(REG.CPL, 3);
    expect(pae.errorCode(OP.READ)).toBe(0xd);
  });
});

describe('PCIDs under shadow paging', () => {
  /** Two address spaces, PCID 1 and 2, each with its own shadow root. */
  function twoSpaces() {
    const s = new Shadowed(4);
    const { at } = s.vcpu.registers;
    at[REG.CR4]! |= CR4.PCIDE;
    const trees = [s.newTree(), s.newTree()] as const;
    const enter = (space: 0 | 1): void => {
      at[REG.CR3_LO] = 0x8000 | (space + 1);
      s.enter(trees[space]);
    };
    for (const space of [0, 1] as const) {
      enter(space);
      s.map(GVA);
      s.vcpu.read(GVA);
    }
    return { s, trees, enter };
  }

  it('tag what is cached by the PCID of the guest’s CR3: both survive a switch', () => {
    const { s, enter } = twoSpaces();
    for (const space of [0, 1, 0] as const) {
      enter(space);
      expect(s.vcpu.loadsOf(() => s.vcpu.read(GVA)).all).toBe(0);
    }
  });

  it('one address is flushed for all of them (INVVPID of one address, INVLPGA)', () => {
    const { s, trees, enter } = twoSpaces();
    for (const tree of trees) tree.setEntry(GVA, 1, 0n);
    s.port.invalidateAddress(0, Number(GVA));
    for (const space of [0, 1] as const) {
      enter(space);
      expect(s.errorCode(OP.READ)).toBe(0);
    }
  });
});

describe('instructions that shadow paging intercepts', () => {
  it.each(['intel', 'amd'] as const)('%s: MOV to CR3 and INVLPG leave the guest and change nothing', (vendor) => {
    const intel = vendor === 'intel';
    const s = new Shadowed(4, { vendor });
    s.map(GVA);
    s.vcpu.read(GVA);
    const cr3 = s.vcpu.registers.at[REG.CR3_LO];
    expect(s.vcpu.run(OP.MOV_CR3, 0n, 8, 0x7000n)).toBe(CPU_EXIT);
    expect(s.vcpu.cpu.exit).toMatchObject(
      intel
        ? { reason: EXIT_REASON.CR_ACCESS, qualification: 3, infoHi: 0, instructionLength: 3 }
        : { reason: SVM_EXIT.CR3_WRITE, qualification: 0, infoHi: -0x8000_0000, nextRipValid: 1 },
    );
    expect(s.vcpu.registers.at[REG.CR3_LO]).toBe(cr3);
    expect(s.vcpu.run(OP.INVLPG, GVA)).toBe(CPU_EXIT);
    expect(s.vcpu.cpu.exit).toMatchObject({
      reason: intel ? EXIT_REASON.INVLPG : SVM_EXIT.INVLPG,
      qualification: Number(GVA),
      glaLo: Number(GVA),
      instructionLength: 3,
    });
    expect(s.vcpu.loadsOf(() => s.vcpu.read(GVA)).all).toBe(0);
    expect(s.vcpu.run(OP.INVPCID, GVA, 0)).toBe(CPU_EXIT);
    expect(s.vcpu.cpu.exit.reason).toBe(intel ? EXIT_REASON.INVPCID : SVM_EXIT.INVPCID);
    s.port.setIntercepts(0, 0, 0, 0);
    expect(s.vcpu.run(OP.INVLPG, GVA)).toBe(CPU_DONE);
    expect(s.vcpu.loadsOf(() => s.vcpu.read(GVA)).all).toBe(4);
  });

  it.each([
    ['intel', CR0.PE | CR0.PG | CR0.WP, CPU_DONE, 'the same value'],
    ['intel', CR0.PE | CR0.PG, CPU_EXIT, 'WP cleared'],
    ['intel', CR0.PE | CR0.WP, CPU_EXIT, 'PG cleared'],
    ['intel', CR0.PE | CR0.PG | CR0.WP | 8, CPU_DONE, 'TS set: the guest’s own bit'],
    ['intel', CR0.PG, CPU_EXIT, 'PG without PE: the exit comes before the check'],
    ['amd', CR0.PE | CR0.PG | CR0.WP, CPU_EXIT, 'the same value'],
  ] as const)('%s: MOV of %i to CR0 gives %i (%s)', (vendor, value, outcome, _what) => {
    const s = new Shadowed(4, { vendor });
    const old = s.vcpu.registers.at[REG.CR0]!;
    expect(s.vcpu.run(OP.MOV_CR0, 0n, 8, BigInt(value >>> 0))).toBe(outcome);
    expect(s.vcpu.registers.at[REG.CR0]).toBe(outcome === CPU_DONE ? value : old);
    if (outcome === CPU_DONE) return;
    expect(s.vcpu.cpu.exit).toMatchObject(
      vendor === 'intel'
        ? { reason: EXIT_REASON.CR_ACCESS, qualification: 0 }
        : { reason: SVM_EXIT.CR0_WRITE, infoHi: -0x8000_0000 },
    );
  });

  it.each([
    ['intel', CR4.PGE, CPU_EXIT],
    ['intel', CR4.SMEP, CPU_DONE],
    ['amd', CR4.SMEP, CPU_EXIT],
  ] as const)('%s: a MOV to CR4 that changes %i gives %i', (vendor, bit, outcome) => {
    const s = new Shadowed(4, { vendor });
    const old = s.vcpu.registers.at[REG.CR4]!;
    expect(s.vcpu.run(OP.MOV_CR4, 0n, 8, BigInt(old ^ bit))).toBe(outcome);
    expect(s.vcpu.registers.at[REG.CR4]).toBe(outcome === CPU_DONE ? old ^ bit : old);
    if (outcome === CPU_EXIT) {
      expect(s.vcpu.cpu.exit).toMatchObject(
        vendor === 'intel'
          ? { reason: EXIT_REASON.CR_ACCESS, qualification: 4 }
          : { reason: SVM_EXIT.CR4_WRITE, qualification: 0 },
      );
    }
  });
});
