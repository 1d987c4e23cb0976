import { describe, expect, it } from 'vitest';
import { OP } from '../guest/instruction.ts';
import { A, TestGuest } from '../../test/driver/reference-guest.ts';

type Setup = (guest: TestGuest) => void;
const at = (offset: number): bigint => A + BigInt(offset);
const none: Setup = () => {};
const kick =
  (offset: number, length: number, match: bigint | null = null): Setup =>
  (g) =>
    g.eventfd(at(offset), length, match);
const zone =
  (offset: number, size: number): Setup =>
  (g) =>
    g.reference.registerZone(false, at(offset), BigInt(size));
const all =
  (...setups: Setup[]): Setup =>
  (g) =>
    setups.forEach((setup) => setup(g));

/** KVM vectors 47 to 139: set-up, operation, address offset, bytes, operand words, what must be seen. */
const WRITES: [string, Setup, number, number, number[], string[]][] = [
  ['47 exact length', kick(0, 4), 0, 4, [1], ['signal kick']],
  ['48 shorter', kick(0, 4), 0, 2, [1], ['write 0x30000000 2 =0x1']],
  ['48 longer', kick(0, 4), 0, 8, [1, 2], ['write 0x30000000 8 =0x200000001']],
  ['50 next address', none, 4, 4, [5], ['write 0x30000004 4 =0x5']],
  ['51 datamatch', all(kick(0, 4, 1n), (g) => g.eventfd(A, 4, 2n, 2)), 0, 4, [2], ['signal other']],
  ['52 no datamatch', kick(0, 4, 1n), 0, 4, [9], ['write 0x30000000 4 =0x9']],
  ['53 datamatch wider than the write', kick(0, 1, 0x101n), 0, 1, [1], ['write 0x30000000 1 =0x1']],
  ['54 two lengths at one address', all(kick(0, 1), (g) => g.eventfd(A, 4, null, 2)), 0, 4, [0], ['signal other']],
  ['55 length 0, 1 byte', kick(0, 0), 0, 1, [0], ['signal kick']],
  ['55 length 0, 8 bytes', kick(0, 0), 0, 8, [0, 0], ['signal kick']],
  ['57 length 0 inside the write', kick(0x41, 0), 0x40, 4, [3], ['write 0x30000040 4 =0x3']],
  ['58 second half', kick(0, 0), -4, 8, [1, 2], ['write 0x2ffffffc 4 =0x1', 'signal kick']],
  ['59 first half', kick(0xffc, 4), 0xffc, 8, [1, 2], ['signal kick', 'write 0x30001000 4 =0x2']],
  [
    '60 three and five',
    none,
    0xffd,
    8,
    [0x04030201, 0x08070605],
    ['write 0x30000ffd 3 =0x30201', 'write 0x30001000 5 =0x807060504'],
  ],
  ['61 length 0 takes three', kick(0xffd, 0), 0xffd, 8, [0, 9], ['signal kick', 'write 0x30001000 5 =0x900']],
  ['62 two of four', all(kick(0, 4), kick(4, 4)), 0, 8, [1, 2], ['write 0x30000000 8 =0x200000001']],
  ['63 16 bytes', none, 0, 16, [1, 0, 2, 0], ['write 0x30000000 8 =0x1', 'write 0x30000008 8 =0x2']],
  ['64 first 8 of 16', kick(0, 8), 0, 16, [1, 0, 2, 0], ['signal kick', 'write 0x30000008 8 =0x2']],
  ['65 second 8 of 16', kick(8, 8), 0, 16, [1, 0, 2, 0], ['write 0x30000000 8 =0x1', 'write 0x30000008 8 =0x2']],
  ['100 zone', zone(0, 0x1000), 0x10, 4, [6], ['ring 0x30000010 4 =0x6']],
  ['102 half in the zone', zone(0, 0x1000), 0xffc, 8, [1, 2], ['ring 0x30000ffc 4 =0x1', 'write 0x30001000 4 =0x2']],
  ['103 not wholly inside', zone(0, 0x1004), 0x1000, 8, [1, 2], ['write 0x30001000 8 =0x200000001']],
  [
    '104 zone over an ioeventfd: the signal is promised',
    all(zone(0, 0x1000), kick(0x100, 4)),
    0x100,
    4,
    [1],
    ['signal kick'],
  ],
  ['105 zone beside an ioeventfd', all(zone(0, 0x1000), kick(0x100, 4)), 0x300, 4, [1], ['ring 0x30000300 4 =0x1']],
];

describe('a write outside RAM', () => {
  it.each(WRITES)('%s', (_name, setup, offset, size, data, expected) => {
    const guest = new TestGuest();
    setup(guest);
    guest.write(at(offset), size, ...data);
    expect(guest.expected()).toEqual(expected);
  });

  it('goes to userspace when the ring is full, and is buffered again after userspace emptied it', () => {
    const guest = new TestGuest();
    zone(0, 0x1000)(guest);
    for (let i = 0; i < 169; i++) {
      guest.write(at(8), 4, i);
      guest.seen.ring(0, Number(at(8)), 4, 0, i);
      expect(guest.end()).toEqual([]);
    }
    guest.write(at(8), 4, 1);
    guest.seen.mmio(true, 0, Number(at(8)), 4, 0, 1);
    expect(guest.end()).toEqual([]);
    guest.write(at(8), 4, 1);
    expect(guest.expected()).toEqual(['ring 0x30000008 4 =0x1']);
  });

  it('finds nothing after deassign and unregister', () => {
    const guest = new TestGuest();
    guest.eventfd(A, 4);
    guest.reference.registerZone(false, A + 8n, 8n);
    guest.reference.deassignIoeventfd({ pio: false, addr: A, length: 4, datamatch: null, fd: 1 });
    guest.reference.unregisterZone(false, A + 8n, 4n);
    guest.write(A, 4, 1);
    expect(guest.expected()).toEqual(['write 0x30000000 4 =0x1']);
    guest.write(A + 8n, 4, 1);
    expect(guest.expected()).toEqual(['write 0x30000008 4 =0x1']);
  });
});

describe('a read outside RAM', () => {
  it.each([
    ['49 never signals', kick(0, 4), 0, 4, ['read 0x30000000 4']],
    ['56 never signals, length 0', kick(0, 0), 0, 4, ['read 0x30000000 4']],
    ['66 16 bytes across a page', none, 0xffc, 16, ['read 0x30000ffc 4', 'read 0x30001000 8', 'read 0x30001008 4']],
    ['101 is never buffered', zone(0, 0x1000), 0, 4, ['read 0x30000000 4']],
  ] as [string, Setup, number, number, string[]][])('%s', (_name, setup, offset, size, expected) => {
    const guest = new TestGuest();
    setup(guest);
    guest.read(at(offset), size);
    expect(guest.expected()).toEqual(expected);
  });

  it('returns what userspace answered', () => {
    const guest = new TestGuest();
    guest.read(at(0xffc), 8);
    guest.seen.mmio(false, 0, Number(at(0xffc)), 4, 0, 0x11);
    guest.seen.mmio(false, 0, Number(at(0x1000)), 4, 0, 0x22);
    guest.returns(0x11, 0x22);
    expect(guest.end()).toEqual([]);
  });
});

describe('a read-modify-write outside RAM', () => {
  it.each([
    ['67 add', OP.ADD, [3], ['read 0x30000000 4', 'write 0x30000000 4 =0x13']],
    ['68 xchg', OP.XCHG, [3], ['read 0x30000000 4', 'write 0x30000000 4 =0x3']],
    ['cmpxchg that fails: the old value again', OP.CMPXCHG, [3], ['read 0x30000000 4', 'write 0x30000000 4 =0x10']],
  ] as [string, number, number[], string[]][])('%s reads from userspace, then writes', (_name, op, data, expected) => {
    const guest = new TestGuest();
    guest.begin(op, A, 4, data);
    guest.seen.mmio(false, 0, Number(A), 4, 0, 0x10);
    expect(guest.expected()).toEqual(expected);
  });

  it('signals with its write half', () => {
    const guest = new TestGuest();
    guest.eventfd(A, 4, 0x13n);
    guest.begin(OP.ADD, A, 4, [3]);
    guest.seen.mmio(false, 0, Number(A), 4, 0, 0x10);
    expect(guest.expected()).toEqual(['read 0x30000000 4', 'signal kick']);
  });
});

describe('ports', () => {
  const port = (guest: TestGuest, op: number, count = 1) => {
    guest.begin(op, 0n, 1);
    guest.insn.lo = op === OP.OUT || op === OP.IN ? 0x500 : 0x100;
    guest.insn.port = 0x500;
    guest.insn.count = count;
    guest.insn.data[0] = 0x42;
    guest.reference.before(guest.insn, guest.regs, 0);
  };

  it('87, 89: OUT signals, IN goes to userspace', () => {
    const guest = new TestGuest();
    guest.eventfd(0x500n, 1, null, 1, true);
    port(guest, OP.OUT);
    expect(guest.expected()).toEqual(['signal kick']);
    port(guest, OP.IN);
    expect(guest.expected()).toEqual(['in 0x500 1']);
  });

  it('92: REP OUTSB goes element by element', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    guest.poke(0x100n, 0x33, 0x33, 0x44, 0x33, 0x33);
    guest.eventfd(0x500n, 1, 0x33n, 1, true);
    port(guest, OP.OUTS, 5);
    expect(guest.expected()).toEqual(['signal kick', 'signal kick', 'out 0x500 1 =0x44', 'signal kick', 'signal kick']);
  });

  it('INS stores what userspace answered', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    port(guest, OP.INS, 2);
    guest.seen.pio(false, 0x500, 1, 0xaa);
    guest.seen.pio(false, 0x500, 1, 0xbb);
    guest.machine.poke(0x100n, Uint8Array.of(0xaa, 0xbb));
    expect(guest.end()).toEqual([]);
  });

  it('69: REP STOSB over an ioeventfd', () => {
    const guest = new TestGuest();
    guest.eventfd(A, 1);
    guest.begin(OP.STOS, A, 1, [7]);
    guest.insn.count = 3;
    guest.reference.before(guest.insn, guest.regs, 0);
    expect(guest.expected()).toEqual(['signal kick', 'write 0x30000001 1 =0x7', 'write 0x30000002 1 =0x7']);
  });

  it('MOVS copies from RAM to a device, in order', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    guest.poke(0x20n, 1, 0, 2, 0);
    guest.begin(OP.MOVS, A, 2);
    guest.insn.lo2 = 0x20;
    guest.insn.count = 2;
    guest.reference.before(guest.insn, guest.regs, 0);
    expect(guest.expected()).toEqual(['write 0x30000000 2 =0x1', 'write 0x30000002 2 =0x2']);
  });
});

describe('memory', () => {
  it('128, 129: a read-only region is read as memory; a write to it signals or exits and changes nothing', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n, true);
    guest.poke(A, 0x5a);
    guest.eventfd(A, 4, 7n);
    guest.write(A, 4, 7);
    expect(guest.expected()).toEqual(['signal kick']);
    guest.write(A, 4, 8);
    expect(guest.expected()).toEqual(['write 0x30000000 4 =0x8']);
    guest.read(A, 4);
    expect(guest.expected()).toEqual([]);
    expect(guest.reference.expectation.result[0]).toBe(0x5a);
  });

  it('131: a read-modify-write of a read-only region reads memory and exits with the new value', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n, true);
    guest.poke(A, 0x5a);
    guest.begin(OP.ADD, A, 4, [1]);
    expect(guest.expected()).toEqual(['write 0x30000000 4 =0x5b']);
  });

  it('133 to 135: an ioeventfd under RAM is dead, fires once the slot is gone, and memory comes back with its contents', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n);
    guest.eventfd(A, 4);
    guest.write(A, 4, 0x77);
    expect(guest.expected()).toEqual([]);
    guest.region(0, A, 0n);
    guest.write(A, 4, 1);
    expect(guest.expected()).toEqual(['signal kick']);
    guest.region(0, A, 0x1000n);
    guest.read(A, 4);
    guest.expected();
    expect(guest.reference.expectation.result[0]).toBe(0x77);
  });

  it('138: a moved slot takes its contents along', () => {
    const guest = new TestGuest();
    const hva = 0x7000_0000_0000n;
    guest.region(0, A, 0x1000n, false, hva);
    guest.poke(A, 9);
    guest.region(0, A + 0x2000n, 0x1000n, false, hva);
    guest.read(A, 1);
    expect(guest.expected()).toEqual(['read 0x30000000 1']);
    guest.read(A + 0x2000n, 1);
    expect(guest.expected()).toEqual([]);
    expect(guest.reference.expectation.result[0]).toBe(9);
  });

  it('two slots over one host address show the same bytes', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n, false, 0x1000_0000n);
    guest.region(1, A, 0x1000n, true, 0x1000_0000n);
    guest.read(A, 4);
    guest.expected();
    guest.write(0x10n, 4, 0xbeef);
    guest.expected();
    guest.read(A + 0x10n, 4);
    expect(guest.expected()).toEqual([]);
    expect(guest.reference.expectation.result[0]).toBe(0xbeef);
  });

  it('136, 137: a write across the end of RAM stores its half and sends the other on', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n);
    guest.write(A - 4n, 8, 1, 2);
    expect(guest.expected()).toEqual(['write 0x2ffffffc 4 =0x1']);
    guest.write(A + 0xffcn, 8, 3, 4);
    expect(guest.expected()).toEqual(['write 0x30001000 4 =0x4']);
    const word = new Int32Array(4);
    guest.reference.readGuest(0, Number(A), 4, word);
    expect(word[0]).toBe(2);
    guest.reference.readGuest(0, Number(A) + 0xffc, 4, word);
    expect(word[0]).toBe(3);
  });
});
