import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoalescedZones } from './coalesced-zones.ts';
import { errnoName } from './errno.ts';
import { IoBusSet } from './io-bus-set.ts';
import { BUS } from './io-bus.ts';
import { MODERN_IO } from './io-policy.ts';
import { IOEVENTFD_FLAG, Ioeventfds } from './ioeventfd.ts';

/** An entry as KVM_IOEVENTFD's documentation describes it. */
interface Entry {
  readonly pio: boolean;
  readonly addr: number;
  readonly len: number;
  readonly match: number | undefined;
  readonly fd: number;
}

const collide = (a: Entry, b: Entry): boolean =>
  a.pio === b.pio &&
  a.addr === b.addr &&
  (a.len === 0 ||
    b.len === 0 ||
    (a.len === b.len && (a.match === undefined || b.match === undefined || a.match === b.match)));

const same = (a: Entry, b: Entry): boolean =>
  a.pio === b.pio && a.addr === b.addr && a.len === b.len && a.match === b.match && a.fd === b.fd;

// Entries 8 apart do not overlap, so that the search finds what is there and the list alone says what must happen.
const place = fc.nat(5).map((n) => n * 8);
const entry: fc.Arbitrary<Entry> = fc.record({
  pio: fc.boolean(),
  addr: place,
  len: fc.constantFrom(0, 1, 2, 4, 8),
  match: fc.option(fc.constantFrom(1, 2, 0x101), { nil: undefined }),
  fd: fc.nat(2),
});
const write = fc.record({
  pio: fc.boolean(),
  addr: fc.tuple(place, fc.constantFrom(0, 0, 0, 1)).map(([base, off]) => base + off),
  len: fc.constantFrom(1, 2, 4, 8),
  value: fc.constantFrom(1, 2, 0x101, 0x201),
});
const command = fc.oneof(
  entry.map((e) => ({ kind: 'assign' as const, e })),
  entry.map((e) => ({ kind: 'deassign' as const, e })),
  write.map((w) => ({ kind: 'write' as const, w })),
);

describe('ioeventfds', () => {
  it('behave as a list of entries would, in any sequence of calls and writes', () => {
    const property = fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const io = new IoBusSet(MODERN_IO);
      const entries = new Ioeventfds(io);
      for (let n = 0; n < 3; n++) io.eventfds.create();
      const list: Entry[] = [];
      const signals = [0n, 0n, 0n];
      for (const each of commands) {
        if (each.kind === 'write') {
          const { pio, addr, len, value } = each.w;
          const seen = BigInt.asUintN(len * 8, BigInt(value));
          const taker = list.find(
            (e) =>
              e.pio === pio &&
              e.addr === addr &&
              (e.len === 0 || (e.len === len && (e.match === undefined || BigInt(e.match) === seen))),
          );
          if (taker !== undefined) signals[taker.fd]!++;
          const result = io.write(pio ? BUS.PIO : BUS.MMIO, 0, addr, len, 0, value);
          expect(errnoName(result)).toBe(taker === undefined ? 'EOPNOTSUPP' : 'OK');
          continue;
        }
        const { e, kind } = each;
        const flags =
          (e.pio ? IOEVENTFD_FLAG.PIO : 0) |
          (e.match === undefined ? 0 : IOEVENTFD_FLAG.DATAMATCH) |
          (kind === 'deassign' ? IOEVENTFD_FLAG.DEASSIGN : 0);
        const args = { addr: BigInt(e.addr), len: e.len, flags, datamatch: BigInt(e.match ?? 0), fd: e.fd };
        const result = errnoName(entries.ioctl(args));
        if (kind === 'deassign') {
          const at = list.findIndex((other) => same(other, e));
          expect(result).toBe(at < 0 ? 'ENOENT' : 'OK');
          if (at >= 0) list.splice(at, 1);
        } else if (e.len === 0 && e.match !== undefined) {
          expect(result).toBe('EINVAL');
        } else {
          const refused = list.some((other) => collide(other, e));
          expect(result).toBe(refused ? 'EEXIST' : 'OK');
          if (!refused) list.push(e);
        }
        const twins = list.filter(({ pio, len }) => !pio && len === 0).length;
        expect([io.buses[BUS.FAST_MMIO]!.count, entries.count]).toEqual([twins, list.length + twins]);
      }
      expect([0, 1, 2].map((fd) => io.eventfds.counter(fd))).toEqual(signals);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('a bus of ioeventfds alone is refused nothing by zones that come and go', () => {
    const io = new IoBusSet(MODERN_IO);
    const zones = new CoalescedZones(io);
    const zone = { addr: 0x1000n, size: 64, pio: 0 };
    for (let n = 0; n < 2000; n++) {
      expect(zones.register(zone)).toBe(0);
      expect(zones.unregister(zone)).toBe(0);
    }
    expect([zones.count, io.buses[BUS.MMIO]!.count]).toEqual([0, 0]);
  });
});

describe('eventfd objects', () => {
  const counters = () => {
    const io = new IoBusSet(MODERN_IO);
    return { eventfds: io.eventfds, entries: new Ioeventfds(io) };
  };
  const top = (1n << 64n) - 1n;

  it('saturate at 2^64 - 1, and a read empties them', () => {
    const { eventfds } = counters();
    const object = eventfds.resolve(eventfds.create());
    expect(errnoName(eventfds.write(object, top - 2n))).toBe('OK');
    for (let n = 0; n < 5; n++) eventfds.signal(object);
    expect(eventfds.counter(object)).toBe(top);
    expect([errnoName(eventfds.write(object, 1n)), errnoName(eventfds.write(object, top))]).toEqual([
      'EAGAIN',
      'EINVAL',
    ]);
    expect([eventfds.read(object), eventfds.read(object)]).toEqual([top, 0n]);
  });

  it('live as long as a descriptor or a registration holds them', () => {
    const { eventfds, entries } = counters();
    const fd = eventfds.create();
    const object = eventfds.resolve(fd);
    const args = { addr: 0n, len: 4, datamatch: 0n, fd, flags: 0 };
    entries.ioctl(args);
    const dup = eventfds.dup(fd);
    eventfds.close(fd);
    expect(errnoName(eventfds.close(fd))).toBe('EBADF');
    expect(eventfds.resolve(eventfds.create())).not.toBe(object);
    expect(errnoName(entries.ioctl({ ...args, fd: dup, flags: IOEVENTFD_FLAG.DEASSIGN }))).toBe('OK');
    eventfds.close(dup);
    expect(eventfds.resolve(eventfds.create())).toBe(object);
  });
});
