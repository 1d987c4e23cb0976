import { describe, expect, it } from 'vitest';
import { DIRECT, ENTRY, type GuestFormat, PagingGuest } from '../../../../test/driver/paging-guest.ts';
import type { MachineOptions } from '../../../../test/driver/kvm-machine.ts';
import { OP } from '../../../guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../../../guest/registers.ts';
import { VECTOR } from '../../../spec/paging.ts';
import { isDirect, levelOf, quadrantOf, ROLE } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';
import { UnsyncShadowMmu } from './unsync-shadow-mmu.ts';

const { P, W, U, A, D } = ENTRY;
const VA = 0x4000_0000n;
const DATA = 0x20n << 12n;

function context({ m }: PagingGuest): ShadowContext {
  if (!(m.kvm.shadow instanceof UnsyncShadowMmu)) throw new Error('not this generation');
  return m.kvm.shadow.context;
}

/** Roles of the shadow pages of a guest frame that are in use. */
function rolesOf(g: PagingGuest, gfn: number): number[] {
  const { pages } = context(g);
  const roles: number[] = [];
  for (let page = pages.first(gfn); page !== 0; page = pages.next(page)) {
    if ((pages.role[page]! & ROLE.INVALID) === 0) roles.push(pages.role[page]!);
  }
  return roles;
}

describe('roots', () => {
  it.each([
    ['4-level', 4],
    ['5-level', 5],
  ] as const)('of a guest with %s tables: one shadow page with its levels', (format, levels) => {
    const g = new PagingGuest(format);
    g.m.read(DIRECT, 8);
    expect(rolesOf(g, g.root).map(levelOf)).toEqual([levels]);
    expect(g.m.vcpu.root).toBe(context(g).pages.frame[context(g).pages.first(g.root)]);
  });

  it('of a PAE guest: three levels, one directory for each pointer that is present', () => {
    const g = new PagingGuest('PAE');
    const { pages } = context(g);
    for (let i = 0; i < 4; i++) {
      const lo = g.m.memory.entryLo(g.m.vcpu.root, i);
      expect(lo & 0xfff).toBe(1);
      expect(pages.gfn[pages.of(lo >>> 12)]).toBe(Number(g.entryGpa(BigInt(i) << 30n, 2) >> 12n));
    }
    g.poke((BigInt(g.root) << 12n) + 24n, 0n);
    g.loadCr3();
    expect(g.m.memory.entryLo(g.m.vcpu.root, 3)).toBe(0);
  });

  it('of a 32-bit guest: its page directory four times over, its page tables in halves', () => {
    const g = new PagingGuest('32-bit');
    expect(rolesOf(g, g.root).map(quadrantOf).sort()).toEqual([0, 1, 2, 3]);
    const table = Number(g.entryGpa(VA, 1) >> 12n);
    g.map(VA, DATA | P | W | U | A | D);
    g.map(VA + 0x20_0000n, DATA | P | W | U | A | D);
    g.m.read(VA, 4);
    g.m.read(VA + 0x20_0000n, 4);
    const roles = rolesOf(g, table);
    expect(roles.map(quadrantOf).sort()).toEqual([0, 1]);
    expect(roles.every((role) => (role & ROLE.HAS_4_BYTE_GPTE) !== 0)).toBe(true);
  });

  it('of a 32-bit guest: a write to its directory zaps two entries, in the quadrant that has them alone', () => {
    const g = new PagingGuest('32-bit');
    g.map(VA, DATA | P | W | U | A | D);
    g.map(VA + 0x20_0000n, DATA | P | W | U | A | D);
    g.m.read(VA, 4);
    g.m.read(VA + 0x20_0000n, 4);
    const pde = g.entryGpa(VA, 2);
    g.store(pde, g.peek(pde));
    expect(g.m.took('kvm_mmu_track_write.sp')).toBe(4);
    expect(g.m.took('mmu_page_zap_pte')).toBe(2);
    expect(g.m.stat('mmu_pde_zapped')).toBe(2);
  });

  it('without guest paging: four directories that map and shadow nothing', () => {
    const g = new PagingGuest('4-level');
    g.m.regs.at[REG.CR0] = CR0.PE;
    g.m.regs.at[REG.EFER] = EFER.NXE | EFER.LME;
    g.m.vcpu.registersSet();
    g.m.cpu.registersChanged();
    g.m.write(0x5000n, 8, 9n);
    expect(g.m.read(0x5000n, 8)).toBe(9n);
    const { pages } = context(g);
    const lo = g.m.memory.entryLo(g.m.vcpu.root, 0);
    expect(isDirect(pages.role[pages.of(lo >>> 12)]!)).toBe(true);
  });

  it('a CR3 outside memory gives a root that maps nothing; the guest gets its faults', () => {
    const g = new PagingGuest('4-level');
    expect(g.loadCr3(0x9_0000)).toBe('done');
    expect(g.m.read(DIRECT, 8)).toBeUndefined();
    expect(g.m.lastFault).toMatchObject({ vector: VECTOR.PF, errorCode: 0 });
    g.loadCr3();
    expect(g.m.read(DIRECT, 8)).toBe(0n);
  });

  it.each([
    ['a reserved address bit', (g: PagingGuest) => g.m.run(OP.MOV_CR3, 0n, 8, 1n << 50n)],
    ['CR0.PG without PE', (g: PagingGuest) => g.m.run(OP.MOV_CR0, 0n, 4, 0x8000_0000n)],
    ['CR4.PAE cleared in long mode', (g: PagingGuest) => g.m.run(OP.MOV_CR4, 0n, 4, 0n)],
    ['CR4.PCIDE with a PCID in CR3', (g: PagingGuest) => (g.loadCr3(g.root, 5), setCr4(g, CR4.PCIDE))],
    ['CR4.PKE, which KVM does not have under shadow paging', (g: PagingGuest) => setCr4(g, CR4.PKE)],
  ])('%s is #GP, and nothing has changed', (_name, run) => {
    const g = new PagingGuest('4-level');
    const before = [...g.m.regs.at].slice(0, 2);
    expect(run(g)).toBe('fault');
    expect(g.m.lastFault.vector).toBe(VECTOR.GP);
    expect(g.m.read(DIRECT, 8)).toBe(0n);
    expect([...g.m.regs.at].slice(0, 1)).toEqual(before.slice(0, 1));
  });
});

const setCr4 = (g: PagingGuest, bits: number) => g.m.run(OP.MOV_CR4, 0n, 4, BigInt(g.m.regs.at[REG.CR4]! | bits));

/** A second address space that shares everything but its root. */
function otherRoot(g: PagingGuest): number {
  const root = g.newTable();
  for (let at = 0n; at < 4096n; at += 8n) g.poke((BigInt(root) << 12n) + at, g.peek((BigInt(g.root) << 12n) + at));
  return root;
}

describe('a change of CR3', () => {
  const used = (options: MachineOptions = {}, format: GuestFormat = '4-level'): PagingGuest => {
    const g = new PagingGuest(format, options);
    g.map(VA, DATA | P | W | U | A | D);
    g.m.read(VA, 8);
    return g;
  };

  it('to one of the last three finds its root, synchronises it and flushes', () => {
    const g = used();
    const other = otherRoot(g);
    g.loadCr3(other);
    expect(g.m.took('kvm_mmu_load')).toBe(1);
    g.m.read(VA, 8);
    g.loadCr3();
    expect(g.m.took('kvm_mmu_load')).toBe(0);
    expect(g.m.took('kvm_mmu_new_pgd')).toBe(2);
    expect(g.m.took('kvm_mmu_load_pgd')).toBe(1);
    expect(g.m.took('kvm_mmu_sync_roots')).toBe(1);
    expect(g.m.took('hw.invvpid')).toBe(1);
    g.m.read(VA, 8);
    expect(g.m.lastVmExits).toBe(0);
  });

  it('and to the fifth makes a new one; its pages are found in the hash', () => {
    const g = used();
    const roots = Array.from({ length: 4 }, () => otherRoot(g));
    for (const root of roots) g.loadCr3(root);
    const made = g.m.stat('mmu_cache_miss');
    g.loadCr3();
    expect(g.m.took('kvm_mmu_load')).toBe(1);
    expect(g.m.stat('mmu_cache_miss')).toBe(made);
    g.m.read(VA, 8);
    expect(g.m.lastVmExits).toBe(0);
  });

  it('before 4.19 always loads a root; the same value again only synchronises', () => {
    const g = used({ kernel: '4.15' });
    const other = otherRoot(g);
    g.loadCr3(other);
    g.loadCr3();
    expect(g.m.took('kvm_mmu_load')).toBe(1);
    g.loadCr3();
    expect(g.m.took('kvm_mmu_load')).toBe(0);
    expect(g.m.took('kvm_mmu_sync_roots')).toBe(1);
    expect(g.m.took('hw.invvpid')).toBe(1);
  });

  it('with bit 63 under PCID neither synchronises nor flushes', () => {
    const g = used();
    expect(setCr4(g, CR4.PCIDE)).toBe('done');
    const other = otherRoot(g);
    g.m.read(VA, 8);
    const pte = g.entryGpa(VA, 1);
    g.m.write(DIRECT + pte + 8n, 8, 0n);
    g.loadCr3(other, 1, true);
    g.m.read(VA, 8);
    g.loadCr3(g.root, 0, true);
    expect(g.m.took('kvm_mmu_load')).toBe(0);
    expect(g.m.took('kvm_mmu_sync_roots')).toBe(0);
    expect(g.m.took('hw.invvpid')).toBe(0);
    g.loadCr3(other, 1, false);
    expect(g.m.took('kvm_mmu_sync_roots')).toBe(1);
    expect(g.m.took('hw.invvpid')).toBe(1);
  });

  it('a previous root of another PCID is given up when that PCID is invalidated', () => {
    const g = used();
    setCr4(g, CR4.PCIDE);
    const other = otherRoot(g);
    g.loadCr3(other, 1);
    g.loadCr3(g.root, 0);
    g.m.run(OP.INVPCID, 0n, 1, 0n, (insn) => {
      insn.size = 1;
      insn.count = 1;
    });
    expect(g.m.took('handle_invpcid')).toBe(1);
    expect(g.m.took('kvm_mmu_free_roots')).toBe(1);
    g.loadCr3(other, 1, true);
    expect(g.m.took('kvm_mmu_load')).toBe(1);
  });

  it('INVPCID of everything synchronises the current root and gives up previous ones with unsync pages', () => {
    const g = used();
    const pte = g.entryGpa(VA, 1);
    const other = otherRoot(g);
    g.loadCr3(other);
    g.m.read(VA, 8);
    g.loadCr3();
    g.store(pte, 0n);
    g.m.run(OP.INVPCID, 0n, 2, 0n);
    expect(g.m.took('mmu_sync_children')).toBe(1);
    expect(g.m.read(VA, 8)).toBeUndefined();
  });

  it('of a PAE guest loads the pointers anew; roots are not kept', () => {
    const g = used({}, 'PAE');
    g.loadCr3();
    expect(g.m.took('load_pdptrs')).toBe(1);
    expect(g.m.took('kvm_mmu_load')).toBe(0);
    const other = g.newTable();
    for (let i = 0n; i < 4n; i++)
      g.poke((BigInt(other) << 12n) + i * 8n, g.peek((BigInt(g.root) << 12n) + ((i + 1n) % 4n) * 8n));
    g.loadCr3(other);
    expect(g.m.took('kvm_mmu_load')).toBe(1);
    expect(g.m.read(VA - 0x4000_0000n, 8)).toBe(0n);
    expect(g.m.read(VA, 8)).toBeUndefined();
  });

  it('to PAE pointers with reserved bits is #GP', () => {
    const g = used({}, 'PAE');
    g.poke((BigInt(g.root) << 12n) + 24n, 3n);
    expect(g.loadCr3()).toBe('fault');
    expect(g.m.lastFault.vector).toBe(VECTOR.GP);
    expect(g.m.read(VA, 8)).toBe(0n);
  });
});

describe('a change of CR0 or CR4', () => {
  it('CR0.WP makes another role: other shadow pages of the same tables', () => {
    const g = new PagingGuest('4-level');
    g.m.read(DIRECT, 8);
    g.m.run(OP.MOV_CR0, 0n, 4, BigInt.asUintN(32, BigInt(g.m.regs.at[REG.CR0]! & ~CR0.WP)));
    expect(g.m.took('kvm_mmu_reset_context')).toBe(1);
    g.m.read(DIRECT, 8);
    expect(rolesOf(g, g.root)).toHaveLength(2);
  });

  it('CR4.PGE flushes for the guest: unsync pages are synchronised', () => {
    const g = new PagingGuest('4-level');
    g.map(VA, DATA | P | W | U | A | D);
    g.m.read(VA, 8);
    g.store(g.entryGpa(VA, 1), 0n);
    setCr4(g, CR4.PGE);
    expect(g.m.took('mmu_sync_children')).toBe(1);
    expect(g.m.read(VA, 8)).toBeUndefined();
  });

  it('CR0.PG off and on again: without paging, then with the old tables', () => {
    const g = new PagingGuest('32-bit');
    g.map(VA, DATA | P | W | U);
    g.m.write(VA, 4, 5n);
    const cr0 = BigInt.asUintN(32, BigInt(g.m.regs.at[REG.CR0]!));
    g.m.run(OP.MOV_CR0, 0n, 4, cr0 & 0x7fff_ffffn);
    expect(g.m.read(DATA, 4)).toBe(5n);
    g.m.run(OP.MOV_CR0, 0n, 4, cr0);
    expect(g.m.read(VA, 4)).toBe(5n);
  });
});
