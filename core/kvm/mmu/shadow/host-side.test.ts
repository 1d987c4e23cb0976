import { describe, expect, it } from 'vitest';
import { DIRECT, ENTRY, PagingGuest, RAM_PAGES } from '../../../../test/driver/paging-guest.ts';
import { ERRNO } from '../../io/errno.ts';
import { dirtyPages } from '../../memslots/dirty-log.ts';
import { SLOT_FLAG } from '../../memslots/slot-table.ts';
import { dirtyLog, reclaimGuest } from '../../vm-ioctls.ts';

const { P, W, U, A, D } = ENTRY;
const VA = 0x4000_0000n;
const DATA = 0x20n << 12n;
const OTHER_SLOT = 0x200_0000n;

function guest(options: ConstructorParameters<typeof PagingGuest>[1] = {}): PagingGuest {
  const g = new PagingGuest('4-level', options);
  g.map(VA, DATA | P | W | U | A | D);
  g.map(VA + 4096n, OTHER_SLOT | P | W | U | A | D);
  return g;
}

describe('the host', () => {
  it('takes a page: the SPTEs that map it go, and the next access brings it back', () => {
    const g = guest();
    g.m.write(VA, 8, 5n);
    g.m.read(DIRECT + DATA, 8);
    const mapped = g.m.stat('pages_4k');
    reclaimGuest(g.m.kvm, 0x20, 1);
    expect(g.m.stat('pages_4k')).toBe(mapped - 2);
    expect(g.m.stat('remote_tlb_flush')).toBe(1);
    expect(g.m.read(VA, 8)).toBe(5n);
    expect(g.m.lastVmExits).toBe(1);
  });

  it('takes the page of a guest table: the table is read again where it now is', () => {
    const g = guest();
    g.m.read(VA, 8);
    const pte = g.entryGpa(VA, 1);
    reclaimGuest(g.m.kvm, Number(pte >> 12n), 1);
    g.store(pte, 0n);
    g.invlpg(VA);
    expect(g.m.read(VA, 8)).toBeUndefined();
  });

  it('deletes a memslot: every shadow page goes, vCPUs get new roots, and the address is MMIO', () => {
    const g = guest();
    g.m.slot(1, OTHER_SLOT, 16);
    g.m.write(VA + 4096n, 8, 7n);
    const loads = g.m.stat('mmu_cache_miss');
    expect(g.m.deleteSlot(1)).toBe(ERRNO.OK);
    // The root counts twice: when it becomes invalid, and when the vCPU gives it up.
    expect(g.m.stat('mmu_shadow_zapped')).toBe(loads + 1);
    expect(g.m.stat('mmu_cache_miss')).toBe(loads + 1);
    g.m.write(VA + 4096n, 8, 8n);
    expect(g.m.exits).toMatchObject([{ kind: 'mmio-write', address: Number(OTHER_SLOT), data: 8 }]);
    expect(g.m.read(VA, 8)).toBe(0n);
  });

  it('creates a memslot over an MMIO address: the MMIO SPTE is stale, and the guest reaches memory', () => {
    const g = guest();
    g.m.write(VA + 4096n, 8, 1n);
    expect(g.m.exits).toHaveLength(1);
    g.m.slot(1, OTHER_SLOT, 16);
    g.m.write(VA + 4096n, 8, 2n);
    expect(g.m.exits).toHaveLength(1);
    expect(g.m.read(VA + 4096n, 8)).toBe(2n);
  });

  it('a read-only slot: reads from memory, writes to userspace', () => {
    const g = guest();
    g.m.slot(1, OTHER_SLOT, 16, { flags: SLOT_FLAG.READONLY });
    expect(g.m.read(VA + 4096n, 8)).toBe(0n);
    g.m.write(VA + 4096n, 8, 3n);
    expect(g.m.exits).toMatchObject([{ kind: 'mmio-write', address: Number(OTHER_SLOT), data: 3 }]);
    expect(g.m.read(VA + 4096n, 8)).toBe(0n);
    expect(g.m.lastVmExits).toBe(0);
  });
});

describe('dirty logging', () => {
  const log = (g: PagingGuest): number[] => dirtyPages(dirtyLog(g.m.kvm, 0).bitmap);

  it('catches the guest’s writes, the bits KVM’s walk sets, and what is emulated', () => {
    const g = guest();
    g.map(VA + 8192n, (DATA + 8192n) | P | W | U);
    const pte = g.entryGpa(VA, 1);
    g.m.write(VA, 8, 1n);
    g.m.slot(0, 0n, RAM_PAGES, { flags: SLOT_FLAG.LOG_DIRTY, hva: 0x7f00_0000_0000n });
    log(g);
    g.m.write(VA, 8, 2n);
    expect(g.m.lastVmExits).toBe(1);
    g.m.write(VA, 8, 3n);
    expect(g.m.lastVmExits).toBe(0);
    expect(log(g)).toEqual([0x20]);
    g.m.read(VA + 8192n, 8);
    expect(log(g)).toEqual([Number(pte >> 12n)]);
    g.m.read(VA + 8192n, 8);
    expect(log(g)).toEqual([]);
    g.m.write(VA, 8, 4n);
    expect(g.m.lastVmExits).toBe(1);
    expect(log(g)).toEqual([0x20]);
  });

  it('on host pages of 2 MiB maps by 4 KiB, until it is turned off', () => {
    const g = new PagingGuest('4-level', {}, 0, 2);
    g.map(VA, P | W | U | A | D | ENTRY.PS, 2);
    g.m.write(VA, 8, 1n);
    expect(g.m.stat('pages_2m')).toBe(1);
    g.m.slot(0, 0n, RAM_PAGES, { flags: SLOT_FLAG.LOG_DIRTY, hva: 0x7f00_0000_0000n });
    g.m.write(VA, 8, 2n);
    expect(g.m.stat('pages_2m')).toBe(0);
    expect(log(g)).toContain(0);
    g.m.slot(0, 0n, RAM_PAGES, { hva: 0x7f00_0000_0000n });
    g.m.write(VA, 8, 3n);
    expect(g.m.stat('pages_2m')).toBe(1);
    expect(g.m.read(DIRECT, 8)).toBe(3n);
  });
});

describe('the limit on shadow pages', () => {
  it('recycles the oldest that are no roots', () => {
    const g = new PagingGuest('4-level', { mmuPages: 16 });
    for (let i = 0n; i < 40n; i++) {
      g.map(VA + (i << 21n), DATA | P | W | U | A | D);
      expect(g.m.read(VA + (i << 21n), 8)).toBe(0n);
    }
    expect(g.m.stat('mmu_recycled')).toBeGreaterThan(0);
    for (let i = 0n; i < 40n; i++) expect(g.m.read(VA + (i << 21n), 8)).toBe(0n);
  });

  it('is 2 % of the guest’s memory, 64 at least', () => {
    const g = new PagingGuest('4-level');
    for (let i = 0n; i < 100n; i++) {
      g.map(VA + (i << 21n), DATA | P | W | U | A | D);
      g.m.read(VA + (i << 21n), 8);
    }
    expect(g.m.stat('mmu_recycled')).toBeGreaterThan(30);
  });
});
