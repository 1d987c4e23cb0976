import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, REG } from '../../core/guest/registers.ts';
import { A, D, EPT_A, EPT_D, EPT_RWX, EPT_WB, G, P, TableTree, U, W } from '../driver/tables.ts';
import { TestVcpu } from '../driver/vcpu.ts';

/**
 * Every row of the table "what invalidates what", told by the entries that the next read has to load: none while the translation is
 * cached, one guest entry when only it is gone, four when the paging-structure caches are gone too, nested ones when guest-physical
 * mappings are gone.
 */
const PAGE = 0x7000_0000_1000n;
const OTHER = 0x7000_0000_2000n;
const GLOBAL = 0x7000_0000_3000n;
const LEAF = P | W | U | A | D;

const CACHED = [0, 0];
/** Only the translation is gone. */
const TRANSLATION = [1, 0];
/** Every linear or combined mapping of the address is gone. */
const COMBINED = [4, 0];

class Lab {
  readonly vcpu: TestVcpu;
  readonly port: CpuHardware;

  constructor(config: Partial<CpuConfig> = {}, pcid = 0) {
    this.vcpu = new TestVcpu({ config });
    this.port = new CpuHardware(this.vcpu.cpu);
    this.vcpu.page(PAGE);
    this.vcpu.page(OTHER);
    this.vcpu.page(GLOBAL, LEAF | G);
    if (pcid !== 0) {
      this.vcpu.registers.at[REG.CR3_LO]! |= pcid;
      this.vcpu.set(REG.CR4, this.vcpu.registers.at[REG.CR4]! | CR4.PCIDE);
    }
    this.warm();
  }

  /** Reads all three pages, the first one last: guest-physical mappings of all are cached, too. */
  warm(): this {
    for (const gva of [GLOBAL, OTHER, PAGE]) expect(this.vcpu.read(gva)).toBe(CPU_DONE);
    return this;
  }

  loads(gva: bigint): number[] {
    const { guest, nested } = this.vcpu.loadsOf(() => expect(this.vcpu.read(gva)).toBe(CPU_DONE));
    return [guest, nested];
  }

  /** What the next reads have to load: the page, another page, a global page. */
  get left(): number[][] {
    return [PAGE, OTHER, GLOBAL].map((gva) => this.loads(gva));
  }

  op(op: number, value: bigint, size = 0, count = 1): this {
    const { insn, cpu, paths } = this.vcpu;
    insn.clear(op, size, Number(PAGE >> 32n), Number(PAGE & 0xffff_ffffn));
    insn.count = count;
    insn.data[0] = Number(value & 0xffff_ffffn) | 0;
    insn.data[1] = Number(value >> 32n) | 0;
    expect(cpu.execute(insn)).toBe(CPU_DONE);
    paths.end();
    return this;
  }

  get cr3(): bigint {
    return BigInt(this.vcpu.registers.at[REG.CR3_LO]!);
  }
}

/** Guest entries gone for all pages after the first one is read again: it refills the paging-structure caches. */
const ALL_LINEAR = [COMBINED, TRANSLATION, TRANSLATION];
const ALL_BUT_GLOBAL = [COMBINED, TRANSLATION, CACHED];
const NOTHING = [CACHED, CACHED, CACHED];

describe('guest instructions', () => {
  it('nothing happened: all is cached', () => {
    expect(new Lab().left).toEqual(NOTHING);
  });

  it('INVLPG: the address, and all paging-structure caches of the PCID', () => {
    expect(new Lab().op(OP.INVLPG, 0n).left).toEqual([COMBINED, CACHED, CACHED]);
  });

  it('INVLPG: a global page too, and other pages keep their translation', () => {
    const lab = new Lab();
    lab.vcpu.run(OP.INVLPG, GLOBAL);
    expect([lab.loads(GLOBAL), lab.loads(PAGE)]).toEqual([COMBINED, CACHED]);
  });

  it('INVLPG: every fragment of a large page that is cached piecewise', () => {
    const lab = new Lab();
    const { vcpu } = lab;
    const large = 0x7000_4000_0000n;
    const gfn = 1 << 20;
    for (let i = 0; i < 3; i++) vcpu.backGuest(gfn + i);
    vcpu.mapGuest(large, gfn, LEAF, 2);
    for (const i of [0n, 1n, 2n]) vcpu.read(large + i * 4096n);
    vcpu.run(OP.INVLPG, large + 4096n);
    expect(lab.loads(large + 8192n)[0]).toBeGreaterThan(0);
  });

  it('INVLPG reaches the address under every EPT root, but no other PCID', () => {
    const lab = new Lab({}, 5);
    const { vcpu } = lab;
    const twin = secondRoot(lab);
    lab.port.setRoot(twin, 4);
    vcpu.read(PAGE);
    lab.op(OP.INVLPG, 0n);
    lab.port.setRoot(vcpu.nested!.root, 4);
    expect(lab.loads(PAGE)[0]).toBe(4);
    const other = new Lab({}, 5);
    other.op(OP.MOV_CR3, (other.cr3 & ~0xfffn) | 6n);
    other.op(OP.INVLPG, 0n);
    other.op(OP.MOV_CR3, (other.cr3 & ~0xfffn) | 5n | (1n << 63n));
    expect(other.loads(PAGE)).toEqual(CACHED);
  });

  it('INVPCID 0: one address of one PCID, not its global translation', () => {
    const lab = new Lab({}, 5).op(OP.INVPCID, 0n, 0, 5);
    expect(lab.left).toEqual([COMBINED, CACHED, CACHED]);
    const away = new Lab({}, 5).op(OP.INVPCID, 0n, 0, 6);
    expect(away.left).toEqual(NOTHING);
    const { vcpu } = lab;
    vcpu.insn.clear(OP.INVPCID, 0, Number(GLOBAL >> 32n), Number(GLOBAL & 0xffff_ffffn));
    vcpu.insn.count = 5;
    vcpu.cpu.execute(vcpu.insn);
    vcpu.paths.end();
    expect(lab.loads(GLOBAL)).toEqual(CACHED);
  });

  it('INVPCID 1: one PCID, global translations stay', () => {
    expect(new Lab({}, 5).op(OP.INVPCID, 0n, 1, 5).left).toEqual(ALL_BUT_GLOBAL);
    expect(new Lab({}, 5).op(OP.INVPCID, 0n, 1, 6).left).toEqual(NOTHING);
  });

  it('INVPCID 2: everything, global translations too', () => {
    expect(new Lab({}, 5).op(OP.INVPCID, 0n, 2, 0).left).toEqual(ALL_LINEAR);
  });

  it('INVPCID 3: every PCID, global translations stay', () => {
    expect(new Lab({}, 5).op(OP.INVPCID, 0n, 3, 0).left).toEqual(ALL_BUT_GLOBAL);
  });

  it('MOV CR3 without PCIDs: everything but global translations', () => {
    const lab = new Lab();
    expect(lab.op(OP.MOV_CR3, lab.cr3).left).toEqual(ALL_BUT_GLOBAL);
  });

  it('MOV CR3, PCIDE, bit 63 clear: the new PCID only', () => {
    const lab = new Lab({}, 5);
    expect(lab.op(OP.MOV_CR3, lab.cr3).left).toEqual(ALL_BUT_GLOBAL);
    const two = new Lab({}, 5);
    const cr3 = two.cr3;
    two.op(OP.MOV_CR3, (cr3 & ~0xfffn) | 6n);
    two.op(OP.MOV_CR3, cr3 | (1n << 63n));
    expect(two.left).toEqual(NOTHING);
  });

  it('MOV CR3, PCIDE, bit 63 set: nothing; another PCID sees only global translations', () => {
    const lab = new Lab({}, 5);
    expect(lab.op(OP.MOV_CR3, lab.cr3 | (1n << 63n)).left).toEqual(NOTHING);
    lab.op(OP.MOV_CR3, (lab.cr3 & ~0xfffn) | 7n | (1n << 63n));
    expect(lab.loads(GLOBAL)).toEqual(CACHED);
    expect(lab.loads(PAGE)).toEqual(COMBINED);
  });

  it('MOV CR4 that changes PGE: everything', () => {
    const lab = new Lab();
    const cr4 = BigInt(lab.vcpu.registers.at[REG.CR4]!);
    lab.op(OP.MOV_CR4, cr4 ^ BigInt(CR4.PGE));
    expect(lab.loads(GLOBAL)).toEqual(COMBINED);
    expect(lab.loads(PAGE)).toEqual(TRANSLATION);
  });

  it('MOV CR4 that changes nothing: nothing', () => {
    const lab = new Lab();
    expect(lab.op(OP.MOV_CR4, BigInt(lab.vcpu.registers.at[REG.CR4]!)).left).toEqual(NOTHING);
  });

  it('MOV CR4 that clears PCIDE: everything', () => {
    const lab = new Lab({}, 0);
    lab.vcpu.set(REG.CR4, lab.vcpu.registers.at[REG.CR4]! | CR4.PCIDE);
    lab.warm();
    lab.op(OP.MOV_CR4, BigInt(lab.vcpu.registers.at[REG.CR4]! & ~CR4.PCIDE));
    expect(lab.left).toEqual(ALL_LINEAR);
  });

  it('CR0.PG cleared and set again: everything', () => {
    const lab = new Lab();
    const cr0 = BigInt(lab.vcpu.registers.at[REG.CR0]! >>> 0);
    lab.op(OP.MOV_CR0, cr0 & ~BigInt(CR0.PG >>> 0)).op(OP.MOV_CR0, cr0);
    expect(lab.left).toEqual(ALL_LINEAR);
  });

  it('CR0.WP, PKRU, AC, CPL: nothing', () => {
    const lab = new Lab();
    lab.op(OP.MOV_CR0, BigInt((lab.vcpu.registers.at[REG.CR0]! & ~CR0.WP) >>> 0));
    lab.op(OP.WRPKRU, 5n).op(OP.SET_AC, 0n, 1).op(OP.SET_CPL, 0n, 3);
    expect(lab.left).toEqual(NOTHING);
  });

  it('#PF: the translation of the faulting address and the paging-structure entries used', () => {
    const lab = new Lab();
    const { vcpu } = lab;
    vcpu.guest.setEntry(OTHER, 1, vcpu.guest.entry(OTHER, 1) & ~W);
    lab.op(OP.INVLPG, 0n);
    vcpu.run(OP.INVLPG, OTHER);
    vcpu.read(OTHER);
    vcpu.read(PAGE);
    expect(vcpu.write(OTHER, 1n)).toBe(CPU_FAULT);
    expect(lab.loads(PAGE)).toEqual(CACHED);
    expect(lab.loads(OTHER)).toEqual(COMBINED);
  });
});

describe('events of the second dimension', () => {
  /** Makes PAGE's frame refuse writes, with its read translation cached. */
  function readOnly(config: Partial<CpuConfig> = {}): { lab: Lab; gpa: bigint } {
    const lab = new Lab(config);
    const { vcpu } = lab;
    const gpa = vcpu.guest.entry(PAGE, 1) & 0xf_ffff_ffff_f000n;
    vcpu.nested!.setEntry(gpa, 1, vcpu.nested!.entry(gpa, 1) & ~2n);
    vcpu.cpu.invalidation.everything();
    return { lab: lab.warm(), gpa };
  }

  it('EPT violation: combined mappings of the address, guest-physical ones of its page, upper entries of both', () => {
    const { lab } = readOnly();
    expect(lab.loads(PAGE)).toEqual(CACHED);
    expect(lab.vcpu.write(PAGE, 1n)).toBe(CPU_EXIT);
    expect(lab.loads(OTHER)).toEqual(CACHED);
    expect(lab.loads(PAGE)).toEqual([4, 4]);
  });

  it('EPT violation with eptViolationDropsPsc off: the translations alone', () => {
    const { lab } = readOnly({ eptViolationDropsPsc: false });
    expect(lab.vcpu.write(PAGE, 1n)).toBe(CPU_EXIT);
    expect(lab.loads(PAGE)).toEqual([1, 1]);
  });

  it('EPT misconfiguration: nothing, and nothing is cached of the bad entry', () => {
    const lab = new Lab();
    const { vcpu } = lab;
    const bell = 0x7000_0000_4000n;
    const gfn = vcpu.page(bell);
    vcpu.nested!.setEntry(BigInt(gfn) << 12n, 1, 6n);
    for (let i = 0; i < 3; i++) expect(vcpu.write(bell, 1n)).toBe(CPU_EXIT);
    expect(lab.left).toEqual(NOTHING);
  });

  it('INVVPID: linear and combined mappings, guest-physical ones stay', () => {
    const lab = new Lab();
    lab.port.invalidateVpid();
    expect(lab.left).toEqual(ALL_LINEAR);
  });

  it('INVVPID of one address: as INVLPG', () => {
    const lab = new Lab();
    lab.port.invalidateAddress(Number(PAGE >> 32n), Number(PAGE & 0xffff_ffffn));
    expect(lab.left).toEqual([COMBINED, CACHED, CACHED]);
  });

  it('INVEPT single-context: combined and guest-physical mappings of that root', () => {
    const lab = new Lab();
    lab.port.invalidateRoot(lab.vcpu.nested!.root);
    const [guest, nested] = lab.loads(PAGE);
    expect(guest).toBe(4);
    expect(nested).toBeGreaterThanOrEqual(8);
  });

  it('INVEPT single-context of another root: nothing', () => {
    const lab = new Lab();
    const twin = secondRoot(lab);
    lab.port.invalidateRoot(twin);
    expect(lab.left).toEqual(NOTHING);
  });

  it('INVEPT all-context: everything', () => {
    const lab = new Lab();
    lab.port.invalidateRoot(0);
    expect(lab.loads(PAGE)[1]).toBeGreaterThanOrEqual(8);
  });

  it.each([
    [true, NOTHING],
    [false, ALL_LINEAR],
  ] as const)('VM exit and entry, VPID %s', (vpid, left) => {
    const lab = new Lab({ vpid });
    lab.vcpu.run(OP.CPUID, 0n);
    lab.vcpu.cpu.enterGuest();
    lab.vcpu.paths.end();
    expect(lab.left).toEqual(left);
  });

  it('another EPT root is another tag: nothing is dropped, nothing is shared', () => {
    const lab = new Lab();
    const twin = secondRoot(lab);
    lab.port.setRoot(twin, 4);
    expect(lab.loads(PAGE)[0]).toBe(4);
    lab.port.setRoot(lab.vcpu.nested!.root, 4);
    expect(lab.left).toEqual(NOTHING);
  });

  it('a flush of the ASID on AMD drops the nested dimension too', () => {
    const lab = new Lab({ nested: 'npt' });
    lab.port.invalidateVpid();
    expect(lab.loads(PAGE)[1]).toBeGreaterThanOrEqual(8);
  });
});

/** A second EPT root that maps the same guest. */
function secondRoot(lab: Lab): number {
  const { vcpu } = lab;
  const { memory } = vcpu;
  const twin = new TableTree(memory, {
    levels: 4,
    upper: EPT_RWX | EPT_A,
    allocTable: () => memory.allocFrame(),
    hostOf: (frame) => frame,
  });
  for (let gfn = 0x1000; gfn < 0x1020; gfn++) {
    const hfn = vcpu.hostOf(gfn);
    if (hfn !== undefined) twin.map(BigInt(gfn) << 12n, hfn, EPT_RWX | EPT_WB | EPT_A | EPT_D);
  }
  return twin.root;
}
