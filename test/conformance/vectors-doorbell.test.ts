import { beforeEach, describe, expect, it } from 'vitest';
import { A, GuestVm } from './kvm-harness.ts';

// Vectors 47 to 72 (guest accesses against ioeventfds), 87 to 93 (ports): everything goes through the emulator.
let g: GuestVm;
beforeEach(() => {
  g = new GuestVm();
});

const a = (offset: number): string => '0x' + (A + BigInt(offset)).toString(16);

describe('guest accesses against ioeventfds', () => {
  it('vector 47: a write of the entry’s length signals', () => {
    g.entry(A);
    expect(g.write(A, 4)).toEqual(['e1=1']);
  });

  it('vector 48: other lengths exit', () => {
    g.entry(A);
    expect(g.write(A, 2, 0x7788n)).toEqual([`write ${a(0)}+2=8877`]);
    expect(g.write(A, 8)).toEqual([`write ${a(0)}+8=0100000000000000`]);
  });

  it('vector 49: a read exits and gets what userspace replies', () => {
    g.entry(A);
    expect(g.read(A, 4)).toEqual([`read ${a(0)}+4`]);
    expect(g.value).toBe('11223344');
  });

  it('vector 50: a write next to the entry exits', () => {
    expect(g.write(A + 4n, 4)).toEqual([`write ${a(4)}+4=01000000`]);
  });

  it('vectors 51 and 52: the value picks the eventfd, and no value exits', () => {
    for (const match of [1n, 2n, 3n]) g.entry(A, { match, fd: `e${match}` });
    expect(g.write(A, 4, 2n)).toEqual(['e2=1']);
    expect(g.write(A, 4, 9n)).toEqual([`write ${a(0)}+4=09000000`]);
  });

  it('vector 53: a match wider than the length never happens', () => {
    g.entry(A, { len: 1, match: 0x101n });
    expect(g.write(A, 1, 1n)).toEqual([`write ${a(0)}+1=01`]);
  });

  it('vector 54: each length has its entry', () => {
    g.entry(A, { len: 1, fd: 'e1' });
    g.entry(A, { len: 4, fd: 'e2' });
    expect([g.write(A, 1), g.write(A, 4), g.write(A, 2)]).toEqual([['e1=1'], ['e2=1'], [`write ${a(0)}+2=0100`]]);
  });

  it('vector 55: a zero-length entry takes every length', () => {
    g.entry(A, { len: 0 });
    for (const size of [1, 2, 4, 8]) expect(g.write(A, size)).toEqual(['e1=1']);
  });

  it('vector 56: on the slow path a read of a zero-length entry exits', () => {
    g.entry(A, { len: 0 });
    expect(g.read(A, 4)).toEqual([`read ${a(0)}+4`]);
  });

  it('vector 57: a write that only covers a zero-length entry does not match', () => {
    g.entry(A + 0x41n, { len: 0 });
    expect(g.write(A + 0x40n, 4)).toEqual([`write ${a(0x40)}+4=01000000`]);
  });

  it('vector 58: the second half of a crossing write starts at the entry', () => {
    g.entry(A, { len: 0 });
    expect(g.write(A - 4n, 8)).toEqual(['e1=1', `write ${a(-4)}+4=01000000`]);
  });

  it('vector 59: the first half of a crossing write matches by itself', () => {
    g.entry(A + 0xffcn);
    expect(g.write(A + 0xffcn, 8, 0x55_0000_0001n)).toEqual(['e1=1', `write ${a(0x1000)}+4=55000000`]);
  });

  it('vector 60: 8 bytes at the page end less 3 are pieces of 3 and 5', () => {
    expect(g.write(A + 0xffdn, 8, 0x0807_0605_0403_0201n)).toEqual([
      `write ${a(0xffd)}+3=010203`,
      `write ${a(0x1000)}+5=0405060708`,
    ]);
  });

  it('vector 61: a zero-length entry takes a piece of 3', () => {
    g.entry(A + 0xffdn, { len: 0 });
    expect(g.write(A + 0xffdn, 8)).toEqual(['e1=1', `write ${a(0x1000)}+5=0000000000`]);
  });

  it('vector 62: two entries do not add up to one write', () => {
    g.entry(A, { fd: 'e1' });
    g.entry(A + 4n, { fd: 'e2' });
    expect(g.write(A, 8)).toEqual([`write ${a(0)}+8=0100000000000000`]);
  });

  const wide = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100n;
  const [low, high] = ['0001020304050607', '08090a0b0c0d0e0f'];

  it('vector 63: 16 bytes are two exits', () => {
    expect(g.write(A, 16, wide)).toEqual([`write ${a(0)}+8=${low}`, `write ${a(8)}+8=${high}`]);
  });

  it('vector 64: the first 8 taken, the rest exits', () => {
    g.entry(A, { len: 8 });
    expect(g.write(A, 16, wide)).toEqual(['e1=1', `write ${a(8)}+8=${high}`]);
  });

  it('vector 65: the first 8 not taken, nothing is', () => {
    g.entry(A + 8n, { len: 8 });
    expect(g.write(A, 16, wide)).toEqual([`write ${a(0)}+8=${low}`, `write ${a(8)}+8=${high}`]);
  });

  it('vector 66: a crossing 16-byte read is exits of 4, 8 and 4', () => {
    expect(g.read(A + 0xffcn, 16)).toEqual([`read ${a(0xffc)}+4`, `read ${a(0x1000)}+8`, `read ${a(0x1008)}+4`]);
    expect(g.value).toBe('11223344' + '1223344556677889' + '13243546');
  });

  it('vectors 67 and 68: a read-modify-write reads through userspace, then its write signals', () => {
    g.entry(A);
    expect(g.add(A, 4, 1n)).toEqual([`read ${a(0)}+4`, 'e1=1']);
    expect(g.exchange(A, 4, 1n)).toEqual([`read ${a(0)}+4`, 'e1=1']);
    expect(g.value).toBe('11223344');
  });

  it('vector 67, without the entry: what is written is what was read and one', () => {
    expect(g.add(A, 4, 1n)).toEqual([`read ${a(0)}+4`, `write ${a(0)}+4=12223344`]);
  });

  it('vector 69: each element of a string store is by itself', () => {
    g.entry(A, { len: 1 });
    const exits = [1, 2, 3].map((at) => `write ${a(at)}+1=01`);
    expect(g.store(A, 1, 4)).toEqual(['e1=1', ...exits]);
  });

  it('vector 70: after the deassign a write exits', () => {
    g.entry(A);
    expect(g.write(A, 4)).toEqual(['e1=1']);
    expect(g.entry(A, { deassign: true })).toBe('OK');
    expect(g.write(A, 4)).toEqual([`write ${a(0)}+4=01000000`]);
  });

  it('vector 71: a closed descriptor’s dup sees the signal', () => {
    g.entry(A);
    g.vm.descriptors.dup('e1', 'd1');
    g.vm.descriptors.close('e1');
    expect(g.write(A, 4)).toEqual([]);
    expect(g.counter('d1')).toBe(1n);
  });

  it('vector 72: a counter goes to 2^64 - 1 and stays', () => {
    const top = (1n << 64n) - 1n;
    g.entry(A);
    const object = g.vm.io.eventfds.resolve(g.vm.descriptors.fd('e1'));
    expect(g.vm.io.eventfds.write(object, top - 1n)).toBe(0);
    expect(g.write(A, 4)).toEqual([`e1=0x${top.toString(16)}`]);
    g.vm.io.eventfds.write(object, top - 1n);
    g.vm.io.eventfds.signal(object);
    g.vm.io.eventfds.signal(object);
    expect(g.counter('e1')).toBe(top);
  });
});

describe('ports', () => {
  it('vectors 87 to 89: a port entry takes its own length, reads exit', () => {
    g.entry(0x500n, { len: 1, pio: true });
    expect(g.out(0x500, 1)).toEqual(['e1=1']);
    expect(g.out(0x500, 2)).toEqual(['out 0x500+2=0100']);
    expect(g.in(0x500, 1)).toEqual(['in 0x500+1']);
    expect(g.value).toBe('11');
  });

  it('vector 90: length 0 takes every size', () => {
    g.entry(0x510n, { len: 0, pio: true });
    for (const size of [1, 2, 4]) expect(g.out(0x510, size)).toEqual(['e1=1']);
  });

  it('vector 91: each element of OUTS signals', () => {
    g.entry(0x500n, { len: 1, pio: true });
    expect(g.outString(0x500, 1, 0x10_0000n, 5)).toEqual(['e1=5']);
  });

  it('vector 92: an element that does not match exits alone', () => {
    g.entry(0x520n, { len: 1, pio: true, match: 0x33n });
    g.poke(0x10_0000n, 0x33, 0x33, 0x44, 0x33, 0x33);
    expect(g.outString(0x520, 1, 0x10_0000n, 5)).toEqual(['e1=2', 'out 0x520+1=44', 'e1=2']);
  });

  it('vector 93: an entry above the 16-bit ports is never reached', () => {
    g.entry(0x1_0500n, { len: 1, pio: true });
    expect(g.out(0x500, 1)).toEqual(['out 0x500+1=01']);
  });
});
