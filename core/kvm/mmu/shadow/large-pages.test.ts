import { describe, expect, it } from 'vitest';
import { DIRECT, ENTRY, PagingGuest } from '../../../../test/driver/paging-guest.ts';
import { OP } from '../../../guest/instruction.ts';
import { PFERR } from '../../../spec/vm-exit.ts';

const { P, W, U, A, D, PS } = ENTRY;
const VA = 0x4000_0000n;
/** A large page of the guest's: its RAM from 4 MiB on, its tables in it. */
const LARGE = 0x40_0000n;
/** And one from 0 on, without tables. */
const PLAIN = 0n;

describe('a large page of the guest’s', () => {
  it.each([
    ['4-level', 1, 'pages_4k'],
    ['4-level', 2, 'pages_2m'],
    ['PAE', 2, 'pages_2m'],
    ['32-bit', 2, 'pages_2m'],
    ['32-bit', 1, 'pages_4k'],
  ] as const)('%s on host pages of level %i is mapped as %s', (format, hostPage, stat) => {
    const g = new PagingGuest(format, {}, 0, hostPage);
    g.map(VA, PLAIN | P | W | U | PS, 2);
    const before = g.m.stat(stat);
    expect(g.m.write(VA + 0x12_3000n, 4, 9n)).toBe('done');
    expect(g.m.stat(stat)).toBeGreaterThan(before);
    expect(g.m.read(DIRECT + 0x12_3000n, 4)).toBe(9n);
    expect(g.peek(g.entryGpa(VA, 2)) & (A | D)).toBe(A | D);
    const exits = hostPage === 2 ? 0 : 1;
    g.m.read(VA + 0x13_4000n, 4);
    expect(g.m.lastVmExits).toBe(exits);
  });

  it('of 4 MiB is mapped in two halves', () => {
    const g = new PagingGuest('32-bit', {}, 0, 2);
    g.map(VA, PLAIN | P | W | U | PS, 2);
    g.m.write(VA, 4, 1n);
    g.m.write(VA + 0x20_0000n, 4, 2n);
    expect(g.m.lastVmExits).toBe(1);
    expect(g.m.stat('pages_2m')).toBe(2);
    expect(g.m.read(DIRECT + 0x20_0000n, 4)).toBe(2n);
  });

  it('with a shadowed table in it is mapped by pages of 4 KiB, the table’s read-only', () => {
    const g = new PagingGuest('4-level', {}, 0, 2);
    g.map(VA, LARGE | P | W | U | PS | A | D, 2);
    const pde = g.entryGpa(VA, 2);
    g.m.write(VA + 0x10_0000n, 8, 1n);
    expect(g.m.stat('pages_2m')).toBe(0);
    expect(g.m.run(OP.WRITE, VA + pde - LARGE + 8n, 8, 0n)).toBe('done');
    expect(g.m.stat('mmu_pte_write')).toBe(1);
  });

  it('loses write permission when a table in it comes to be shadowed', () => {
    const g = new PagingGuest('4-level', {}, 0, 2);
    g.map(VA, PLAIN | P | W | U | PS | A | D, 2);
    g.m.write(VA, 8, 1n);
    expect(g.m.stat('pages_2m')).toBe(1);
    // A page table at guest frame 0x10, inside the large page.
    g.poke(0x10_000n, (0x20n << 12n) | P | W | U | A | D);
    const pde = g.entryGpa(0x8000_0000n, 2);
    g.poke(pde, 0x10_000n | P | W | U | A);
    g.loadCr3();
    g.m.read(0x8000_0000n, 8);
    expect(g.m.took('rmap_write_protect')).toBe(1);
    g.m.write(VA + 0x10_000n, 8, 0n);
    expect(g.m.took('kvm_unsync_page')).toBe(1);
    expect(g.m.stat('pages_2m')).toBe(0);
    g.invlpg(0x8000_0000n);
    expect(g.m.read(0x8000_0000n, 8)).toBeUndefined();
  });

  it('clean at first gets a direct page with other rights once it is written', () => {
    const g = new PagingGuest('4-level');
    g.map(VA, PLAIN | P | W | U | PS, 2);
    g.m.read(VA, 8);
    g.m.write(VA, 8, 1n);
    expect(g.m.took('validate_direct_spte')).toBe(1);
    expect(g.m.took('kvm_flush_remote_tlbs.request')).toBe(1);
    g.m.write(VA + 4096n, 8, 1n);
    expect(g.m.took('validate_direct_spte')).toBe(0);
  });

  it('of 32-bit paging: bits 21:17 are reserved for KVM, bits 16:13 are address bits 35:32', () => {
    const g = new PagingGuest('32-bit');
    g.map(VA, 0x2_0000n | P | W | U | PS, 2);
    expect(g.m.read(VA, 4)).toBeUndefined();
    expect(g.m.lastFault.errorCode).toBe(PFERR.P | PFERR.RSVD);
    g.map(VA + 0x40_0000n, 0x2000n | P | W | U | PS, 2);
    g.m.write(VA + 0x40_0008n, 4, 1n);
    expect(g.m.exits.at(-1)).toMatchObject({ kind: 'mmio-write', address: 0x1_0000_0008 });
  });
});
