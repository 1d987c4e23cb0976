import { beforeEach, describe, expect, it } from 'vitest';
import { SLOT_FLAG } from '../../core/kvm/memslots/slot-table.ts';
import { A, GuestVm } from './kvm-harness.ts';

// Vectors 96 to 111 (coalesced zones), 128 to 139 and 149 to 152 (memslots and dirty log under guest accesses).
let g: GuestVm;
beforeEach(() => {
  g = new GuestVm();
});

const a = (offset: number): string => '0x' + (A + BigInt(offset)).toString(16);
const exit = (offset: number) => [`write ${a(offset)}+4=01000000`];
const ring = (offset: number, length = 4) => [`ring ${a(offset)}+${length}`];

describe('coalesced zones', () => {
  it('vector 96: a pio field of 2 is EINVAL', () => {
    expect(g.zone(A, 4096, 2)).toBe('EINVAL');
    expect(g.vm.zones.unregister({ addr: A, size: 4096, pio: 2 })).toBe(22);
  });

  it('vectors 97 to 99: absent, twice, and empty zones are all fine', () => {
    expect(g.vm.zones.unregister({ addr: A, size: 4096, pio: 0 })).toBe(0);
    expect([g.zone(A, 4096), g.zone(A, 4096), g.zone(A, 0)]).toEqual(['OK', 'OK', 'OK']);
    expect(g.vm.zones.unregister({ addr: A + 16n, size: 4, pio: 0 })).toBe(0);
    expect(g.vm.zones.count).toBe(1);
  });

  it('vectors 100 and 101: a write goes to the ring, a read exits', () => {
    g.zone(A, 0x1000);
    expect(g.write(A + 0x10n, 4)).toEqual(ring(0x10));
    expect(g.read(A + 0x10n, 4)).toEqual([`read ${a(0x10)}+4`]);
  });

  it('vector 102: half in the zone', () => {
    g.zone(A, 0x1000);
    expect(g.write(A + 0xffcn, 8)).toEqual([...ring(0xffc), `write ${a(0x1000)}+4=00000000`]);
  });

  it('vector 103: an access must lie wholly inside', () => {
    g.zone(A, 0x1004);
    expect(g.write(A + 0x1000n, 8)).toEqual([`write ${a(0x1000)}+8=0100000000000000`]);
  });

  it('vectors 104 and 105: zone and entry, found and missed', () => {
    g.zone(A, 0x1000);
    g.entry(A + 0x100n);
    expect(g.write(A + 0x100n, 4)).toEqual(ring(0x100));
    expect(g.write(A + 0x300n, 4)).toEqual(exit(0x300));
    expect(g.write(A + 0x50n, 4)).toEqual(ring(0x50));
  });

  it('vector 106: a third entry hides the zone', () => {
    g.zone(A, 0x1000);
    g.entry(A + 0x100n);
    g.entry(A + 0x200n, { fd: 'e2' });
    expect(g.write(A + 0x200n, 4)).toEqual(['e2=1']);
  });

  it('vectors 107 and 108: a full ring falls through to the entry, or exits', () => {
    g.zone(A, 0x1000);
    g.entry(A + 0x100n);
    for (let n = 0; n < 169; n++) expect(g.write(A + 0x50n, 4)).toEqual(ring(0x50));
    expect(g.write(A + 0x100n, 4)).toEqual(['e1=1']);
    expect(g.write(A + 0x50n, 4)).toEqual(exit(0x50));
  });

  it('vector 109: nonsense in ring.last only causes exits', () => {
    g.zone(A, 0x1000);
    g.vm.io.ring.index[1] = 5000;
    expect(g.write(A, 4)).toEqual(exit(0));
  });

  it('vector 110: at one start the shorter range is first', () => {
    g.zone(A, 0x1000);
    g.entry(A);
    expect(g.write(A, 4)).toEqual(['e1=1']);
    g = new GuestVm();
    g.entry(A);
    g.zone(A, 0x1000);
    expect(g.write(A, 4)).toEqual(['e1=1']);
  });

  it('vector 111: a zero-length entry and a zone: whoever came first', () => {
    g.zone(A, 0x1000);
    g.entry(A, { len: 0 });
    expect(g.write(A, 4)).toEqual(ring(0));
    g = new GuestVm();
    g.entry(A, { len: 0 });
    g.zone(A, 0x1000);
    expect(g.write(A, 4)).toEqual(['e1=1']);
  });

  it('vector 112: every start of the ring takes 169 entries', () => {
    g.zone(A, 0x1000);
    for (let start = 0; start < 170; start++) {
      g.vm.io.ring.index.fill(start);
      for (let n = 0; n < 169; n++) g.write(A, 4);
      expect(g.vm.io.ring.pending).toBe(169);
      expect(g.write(A, 4)).toEqual(exit(0));
    }
  });
});

const B = 0x2000_0000n;
const b = (offset: number): string => '0x' + (B + BigInt(offset)).toString(16);
const { READONLY, LOG_DIRTY } = SLOT_FLAG;

describe('memslots under guest accesses', () => {
  it('vector 128: a read-only slot reads as RAM and writes exit', () => {
    g.slot(1, B, 16, READONLY);
    g.poke(B, 0x10, 0x11, 0x12, 0x13);
    expect(g.read(B, 4)).toEqual([]);
    expect(g.value).toBe('10111213');
    expect(g.write(B, 4)).toEqual([`write ${b(0)}+4=01000000`]);
    expect(g.memory(B, 4)).toEqual([0x10, 0x11, 0x12, 0x13]);
  });

  it('vector 129: a matching entry on it signals, reads stay RAM', () => {
    g.slot(1, B, 16, READONLY);
    g.entry(B, { match: 7n });
    expect(g.write(B, 4, 7n)).toEqual(['e1=1']);
    expect([g.memory(B, 4), g.read(B, 4)]).toEqual([[0, 0, 0, 0], []]);
  });

  it('vector 130: so does a zero-length one', () => {
    g.slot(1, B, 16, READONLY);
    g.entry(B, { len: 0 });
    expect(g.write(B, 2)).toEqual(['e1=1']);
  });

  it('vector 131: a read-modify-write reads RAM and exits once, with the new value', () => {
    g.slot(1, B, 16, READONLY);
    g.poke(B, 5);
    expect(g.add(B, 4, 1n)).toEqual([`write ${b(0)}+4=06000000`]);
  });

  it('vectors 133 to 135: RAM over an entry hides it, as long as it is there', () => {
    g.entry(B);
    g.slot(1, B, 16);
    expect(g.write(B, 4)).toEqual([]);
    expect(g.memory(B, 1)).toEqual([1]);
    g.slot(1, B, 0);
    expect(g.write(B, 4)).toEqual(['e1=1']);
    g.slot(1, B, 16);
    expect(g.write(B, 4)).toEqual([]);
  });

  it('vector 136: into RAM from below', () => {
    g.slot(1, B, 16);
    expect(g.write(B - 4n, 8, 0x22_0000_0011n)).toEqual([`write ${b(-4)}+4=11000000`]);
    expect(g.memory(B, 1)).toEqual([0x22]);
  });

  it('vector 137: out of RAM at its end; the RAM half is stored before the exit', () => {
    g.slot(1, B, 1);
    const insn = g.insn(1, B + 0xffcn, 8, 0x22_0000_0011n);
    expect(g.vm.emulator.emulate(insn, g.vm.vcpu!)).toBe(0);
    expect(g.memory(B + 0xffcn, 1)).toEqual([0x11]);
    expect([g.vm.vcpu!.physLo, g.vm.vcpu!.length, g.vm.vcpu!.mmioData[0]]).toEqual([Number(B) + 0x1000, 4, 0x22]);
  });

  it('vector 138: a moved slot', () => {
    g.slot(1, B, 16);
    g.write(B, 4, 0x55n);
    expect(g.slot(1, B + 0x1000_0000n, 16)).toBe('OK');
    expect(g.read(B, 4)).toEqual([`read ${b(0)}+4`]);
    expect(g.read(B + 0x1000_0000n, 4)).toEqual([]);
    expect(g.value).toBe('55000000');
  });

  it('vector 139: fetching where there is no slot cannot be emulated', () => {
    expect(g.fetch(A)).toEqual(['internal error 1']);
  });

  it('vector 140, second half: an emulated write to a slot over unmapped host memory exits', () => {
    g.vm.slots.setRegion({ slot: 1, flags: 0, gpa: B, size: 4096n, hva: 0n });
    expect(g.write(B, 4)).toEqual([`write ${b(0)}+4=01000000`]);
  });
});

describe('dirty log', () => {
  it('vector 149: written pages once, and again once written again', () => {
    g.slot(1, B, 16, LOG_DIRTY);
    g.write(B + 0x3000n, 4);
    expect([g.dirty(1), g.dirty(1)]).toEqual([[3], []]);
    g.write(B + 0x3000n, 4);
    expect(g.dirty(1)).toEqual([3]);
  });

  it('vector 150: reads mark nothing, a crossing write the page it stores to', () => {
    g.slot(1, B, 16, LOG_DIRTY);
    g.read(B + 0x5000n, 4);
    expect(g.dirty(1)).toEqual([]);
    g.write(B - 4n, 8);
    expect(g.dirty(1)).toEqual([0]);
  });

  it('vector 151: a refused write marks nothing', () => {
    g.slot(1, B, 16, READONLY | LOG_DIRTY);
    expect(g.write(B, 4)).toEqual([`write ${b(0)}+4=01000000`]);
    expect(g.dirty(1)).toEqual([]);
  });

  it('vector 152: a slot that does not log is ENOENT', () => {
    g.slot(1, B, 16);
    expect(g.dirty(1)).toBe('ENOENT');
  });
});
