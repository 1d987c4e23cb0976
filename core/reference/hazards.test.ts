import { describe, expect, it } from 'vitest';
import { OP } from '../guest/instruction.ts';
import { A, TestGuest } from '../../test/driver/reference-guest.ts';

const LO = Number(A);

/** A guest with a len-0 doorbell at A. */
function withBell(): TestGuest {
  const guest = new TestGuest();
  guest.eventfd(A, 0);
  return guest;
}

describe('each hazard is told once, in words', () => {
  it('FAST_MMIO: a read kicks', () => {
    const guest = withBell();
    guest.read(A, 4);
    guest.seen.signal(1);
    expect(guest.end()).toEqual([
      'spurious-signal: read of 4 bytes at 0x30000000 signalled eventfd kick and returned nothing: the destination register kept its old value',
    ]);
  });

  it('a read that kicks although it returned a value', () => {
    const guest = withBell();
    guest.read(A, 4);
    guest.seen.mmio(false, 0, LO, 4, 0, 5);
    guest.seen.signal(1);
    guest.returns(5);
    expect(guest.end()).toEqual([
      'spurious-signal: read of 4 bytes at 0x30000000 signalled eventfd kick, which it does not match',
    ]);
  });

  it('RFC: reads of a read-only page kick, and the page never becomes readable', () => {
    const guest = withBell();
    guest.region(0, A, 0x1000n, true);
    for (let i = 0; i < 3; i++) {
      guest.read(A, 4);
      guest.seen.signal(1);
      guest.end();
    }
    expect(guest.reference.log.list().map((d) => [d.kind, d.count, d.line])).toEqual([
      ['spurious-signal', 3, 7],
      ['unreadable-page', 2, 7],
    ]);
    expect(guest.reference.log.list()[1]!.text).toBe(
      'page 0x30000000 is read-only memory that cannot be read: every read was swallowed as a kick of eventfd kick',
    );
  });

  it('RFC: a page that can be read in between is not unreadable', () => {
    const guest = withBell();
    guest.region(0, A, 0x1000n, true);
    for (let i = 0; i < 3; i++) {
      guest.read(A, 4);
      guest.seen.signal(1);
      guest.end();
      guest.read(A + 8n, 4);
      guest.returns(0);
      guest.end();
    }
    expect(guest.reference.log.list().map((d) => [d.kind, d.count])).toEqual([['spurious-signal', 3]]);
  });

  it('85: the RAM half of a page-crossing kick is lost, and later reads do not repeat it', () => {
    const guest = withBell();
    guest.region(0, A - 0x1000n, 0x1000n);
    guest.write(A - 4n, 8, 0x1111, 0x2222);
    guest.seen.signal(1);
    const told = [
      'lost-write: write of 8 bytes at 0x2ffffffc: the 4 bytes at 0x2ffffffc in RAM were not stored, ' +
        'only eventfd kick was signalled: memory holds 0x0, the guest wrote 0x1111',
    ];
    expect(guest.end()).toEqual(told);
    guest.read(A - 4n, 4);
    guest.returns(0);
    expect(guest.end()).toEqual(told);
  });

  it('the device half of a page-crossing kick is lost', () => {
    const guest = new TestGuest();
    guest.eventfd(A + 0xffcn, 0);
    guest.write(A + 0xffcn, 8, 1, 2);
    guest.seen.signal(1);
    expect(guest.end()).toEqual([
      'missed-exit: write of 8 bytes at 0x30000ffc: userspace did not see the write of 4 bytes (0x2) at 0x30001000',
    ]);
  });

  it('76: a swallowed read-modify-write', () => {
    const guest = withBell();
    guest.begin(OP.ADD, A, 4, [1]);
    guest.seen.signal(1);
    expect(guest.end()).toEqual([
      'swallowed-rmw: add of 4 bytes at 0x30000000 was swallowed: eventfd kick was signalled, but nothing was read; memory, flags and registers are unchanged',
    ]);
  });

  it('142: a stale MMIO translation over new RAM, read and write', () => {
    const guest = withBell();
    guest.region(0, A, 0x1000n);
    guest.read(A, 4);
    guest.seen.signal(1);
    guest.end();
    guest.write(A, 4, 1);
    guest.seen.signal(1);
    expect(guest.end()).toEqual([
      'stale-translation: read of 4 bytes at 0x30000000 hit RAM, yet it was served as MMIO: eventfd kick was signalled and memory was not touched',
      'stale-translation: write of 4 bytes at 0x30000000 hit RAM, yet it was served as MMIO: eventfd kick was signalled and memory was not touched',
    ]);
  });

  it('141: memory that is served after its slot was deleted', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n);
    guest.region(0, A, 0n);
    guest.read(A, 4);
    guest.returns(0);
    expect(guest.end()).toEqual([
      'stale-translation: read of 4 bytes at 0x30000000: no memory is there since its slot was deleted, yet userspace did not see the read of 4 bytes at 0x30000000',
    ]);
  });

  it('RAM that goes to userspace as MMIO', () => {
    const guest = new TestGuest();
    guest.region(0, A, 0x1000n);
    guest.write(A, 4, 1);
    guest.seen.mmio(true, 0, LO, 4, 0, 1);
    expect(guest.end()[0]).toMatch(
      /^stale-translation: write of 4 bytes at 0x30000000 hit RAM, yet it was served as MMIO/,
    );
  });

  it('104: a kick swallowed by a coalesced zone', () => {
    const guest = new TestGuest();
    guest.eventfd(A + 0x100n, 4);
    guest.reference.registerZone(false, A, 0x1000n);
    guest.write(A + 0x100n, 4, 1);
    guest.seen.ring(0, LO + 0x100, 4, 0, 1);
    expect(guest.end()).toEqual([
      'lost-signal: write of 4 bytes (0x1) at 0x30000100 matches eventfd kick but was swallowed by a coalesced zone: it went to the ring, no signal',
    ]);
  });

  it('105: a write that the bus search does not find in its zone', () => {
    const guest = new TestGuest();
    guest.reference.registerZone(false, A, 0x1000n);
    guest.write(A + 0x300n, 4, 1);
    guest.seen.mmio(true, 0, LO + 0x300, 4, 0, 1);
    expect(guest.end()).toEqual([
      'unexpected-exit: write of 4 bytes (0x1) at 0x30000300 lies in a coalesced zone and the ring has room, but it went to userspace',
    ]);
  });

  it('180: a zero-length eventfd that goes to userspace', () => {
    const guest = withBell();
    guest.write(A, 4, 1);
    guest.seen.mmio(true, 0, LO, 4, 0, 1);
    expect(guest.end()).toEqual([
      'lost-signal: write of 4 bytes (0x1) at 0x30000000 matches eventfd kick but went to userspace instead of signalling it',
    ]);
  });

  it('a kick that nobody saw, one that another eventfd got, and one that counted twice', () => {
    const guest = withBell();
    const kick = (...fds: number[]) => {
      guest.write(A, 4, 1);
      fds.forEach((fd) => guest.seen.signal(fd));
      guest.end();
    };
    kick();
    kick(2);
    kick(1, 1);
    kick(1);
    expect(guest.reference.log.list().map((d) => `${d.kind}: ${d.text}`)).toEqual([
      'lost-signal: write of 4 bytes (0x1) at 0x30000000 matches eventfd kick, which was not signalled',
      'lost-signal: write of 4 bytes (0x1) at 0x30000000 matches eventfd kick, but eventfd other was signalled',
      'spurious-signal: write of 4 bytes at 0x30000000 signalled eventfd kick more than once',
    ]);
  });

  it('a datamatch that is signalled by another value', () => {
    const guest = new TestGuest();
    guest.eventfd(A, 4, 1n);
    guest.write(A, 4, 2);
    guest.seen.signal(1);
    expect(guest.end()).toEqual([
      'spurious-signal: write of 4 bytes (0x2) at 0x30000000 does not match eventfd kick, but signalled it, and userspace did not see the access',
    ]);
  });

  it('a write that userspace sees with another value, and one it does not see', () => {
    const guest = new TestGuest();
    guest.write(A, 4, 2);
    guest.seen.mmio(true, 0, LO, 4, 0, 3);
    guest.end();
    guest.write(A, 4, 2);
    expect(guest.end()).toEqual([
      'wrong-exit: write of 4 bytes at 0x30000000: userspace had to see a write of 4 bytes (0x2) at 0x30000000, but saw a write of 4 bytes (0x3) at 0x30000000',
      'missed-exit: write of 4 bytes at 0x30000000: userspace did not see the write of 4 bytes (0x2) at 0x30000000',
    ]);
  });

  it('a wrong value, a lost store, a changed read-only byte', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    guest.region(1, A, 0x1000n, true);
    guest.poke(0x10n, 7);
    guest.read(0x10n, 1);
    guest.returns(8);
    guest.end();
    guest.write(0x20n, 2, 0x1234);
    guest.end();
    guest.write(A, 1, 9);
    guest.seen.mmio(true, 0, LO, 1, 0, 9);
    guest.machine.poke(A, Uint8Array.of(9));
    expect(guest.end()).toEqual([
      'wrong-read: read of 1 byte at 0x10 returned 0x8; it had to return 0x7',
      'lost-write: write of 2 bytes at 0x20: the 2 bytes at 0x20 in RAM were not stored: memory holds 0x0, the guest wrote 0x1234',
      'wrong-write: write of 1 byte at 0x30000000 changed memory that it may not change (1 byte at 0x30000000): 0x9, before 0x0',
    ]);
  });

  it('a fault nobody asked for, and a vCPU that stops', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x1000n);
    guest.read(0x10n, 4);
    guest.seen.fault(14, 4, 0, 0x10);
    guest.end();
    guest.read(0x10n, 4);
    guest.seen.stopped = 1;
    expect(guest.end()).toEqual([
      "wrong-fault: read of 4 bytes at 0x10 raised #PF with error code 0x4 at 0x10; the guest's page tables and registers ask for no fault",
      'unexpected-exit: read of 4 bytes at 0x10 stopped the vCPU: KVM could not carry the instruction out',
    ]);
  });

  it('code outside memory: nothing is promised, but a fetch is no kick', () => {
    const guest = withBell();
    guest.begin(OP.FETCH, A, 4);
    guest.seen.stopped = 1;
    expect(guest.end()).toEqual([]);
    guest.begin(OP.FETCH, A, 4);
    guest.seen.signal(1);
    expect(guest.end()[0]).toMatch(/^spurious-signal: fetch of 4 bytes/);
  });
});

describe('the log', () => {
  it('counts equal divergences of a line together and keeps the first', () => {
    const guest = withBell();
    guest.eventfd(A + 0x1000n, 0);
    const read = (gpa: bigint, line: number) => {
      guest.begin(OP.READ, gpa, 4, [], line);
      guest.seen.signal(1);
      guest.end();
    };
    read(A, 3);
    read(A + 0x1000n, 3);
    read(A, 4);
    expect(guest.reference.log.list().map(({ line, count, access }) => [line, count, access])).toEqual([
      [3, 2, 'read 4 bytes, gva 0x30000000'],
      [4, 1, 'read 4 bytes, gva 0x30000000'],
    ]);
  });

  it('audits memory at the end', () => {
    const guest = new TestGuest();
    guest.region(0, 0n, 0x3000n);
    guest.poke(0x1000n, 1);
    guest.machine.poke(0x1020n, Uint8Array.of(5));
    expect(guest.reference.checkMemory(guest.machine)).toBe(1);
    expect(guest.reference.log.list()[0]!.text).toBe(
      "at the end memory (16 bytes at 0x1020) holds 0x5; the guest's own stores leave 0x0",
    );
    expect(guest.reference.checkMemory(guest.machine)).toBe(0);
  });
});
