import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IoBus } from './io-bus.ts';
import { type IoPolicy, MODERN_IO } from './io-policy.ts';

type Range = readonly [address: number, length: number];

function busOf(ranges: readonly Range[], policy: IoPolicy = MODERN_IO): IoBus {
  const bus = new IoBus(policy);
  ranges.forEach(([address, length], device) => bus.insert(BigInt(address), length, device));
  return bus;
}

/** Devices in bus order. */
const order = (bus: IoBus): number[] => Array.from({ length: bus.count }, (_, at) => bus.deviceAt(at));

/** Devices offered a write that all of them refuse. */
function offered(bus: IoBus, address: number, length: number): number[] {
  const seen: number[] = [];
  let at = bus.first(0, address, length);
  if (at >= 0)
    do seen.push(bus.deviceAt(at++));
    while (bus.stillEqual(at));
  return seen;
}

describe('insertion keeps KVM’s order', () => {
  it.each<[string, Range[], number[]]>([
    [
      'by start',
      [
        [8, 4],
        [0, 4],
        [4, 4],
      ],
      [1, 2, 0],
    ],
    [
      'at one start the smaller end first',
      [
        [0, 8],
        [0, 2],
        [0, 4],
      ],
      [1, 2, 0],
    ],
    [
      'equal ranges in order of registration',
      [
        [0, 4],
        [0, 4],
        [0, 4],
      ],
      [0, 1, 2],
    ],
    [
      'a zero-length newcomer after all of the same start',
      [
        [0, 4],
        [0, 0],
        [4, 4],
      ],
      [0, 1, 2],
    ],
    [
      'a longer range after an existing zero-length one',
      [
        [0, 0],
        [0, 4],
      ],
      [0, 1],
    ],
  ])('%s', (_name, ranges, expected) => {
    expect(order(busOf(ranges))).toEqual(expected);
  });

  it('append-and-sort leaves equals in heap sort’s order', () => {
    const equal: Range[] = [
      [0, 4],
      [0, 4],
      [0, 4],
      [0, 4],
    ];
    expect(order(busOf(equal, { ...MODERN_IO, busInsertion: 'append-and-sort' }))).not.toEqual([0, 1, 2, 3]);
    const mixed: Range[] = [
      [8, 4],
      [0, 4],
      [4, 4],
      [12, 1],
    ];
    expect(order(busOf(mixed, { ...MODERN_IO, busInsertion: 'append-and-sort' }))).toEqual([1, 2, 0, 3]);
  });

  it('keeps its order when it grows and when entries leave', () => {
    const bus = busOf(Array.from({ length: 40 }, (_, n): Range => [(39 - n) * 4, 4]));
    bus.removeAt(bus.indexOf(20));
    expect(order(bus)).toEqual(Array.from({ length: 40 }, (_, n) => 39 - n).filter((n) => n !== 20));
    expect(bus.indexOf(20)).toBe(-1);
  });
});

describe('the search', () => {
  const Z: Range = [0x1000, 0x1000];
  it.each<[string, Range[], number, number[]]>([
    ['a zone alone holds what lies in it', [Z], 0x1300, [0]],
    ['two entries: below the device, the zone', [Z, [0x1100, 4]], 0x1050, [0]],
    ['two entries: on the device, the zone is asked first', [Z, [0x1100, 4]], 0x1100, [0, 1]],
    ['two entries: above the device, nobody is found', [Z, [0x1100, 4]], 0x1300, []],
    ['three entries: the device is found, the zone never asked', [Z, [0x1100, 4], [0x1200, 4]], 0x1200, [2]],
  ])('overlap hazard, %s', (_name, ranges, address, expected) => {
    expect(offered(busOf(ranges), address, 4)).toEqual(expected);
  });

  it('compares unsigned 64-bit sums that wrap', () => {
    const bus = new IoBus(MODERN_IO);
    bus.insert((1n << 64n) - 8n, 4, 1);
    bus.insert((1n << 64n) - 1n, 0, 2);
    bus.insert(0n, 8, 0);
    expect(order(bus)).toEqual([0, 1, 2]);
    expect(bus.first(-1, -8, 4)).toBe(1);
    // The key's end wraps to 7: not past the end of anything that starts below it.
    expect(bus.first(-1, -1, 8)).toBeGreaterThanOrEqual(0);
    expect(bus.first(0, 4, 4)).toBe(0);
    expect(bus.first(0, 4, 8)).toBe(-1);
  });

  it('takes a length of 2 GiB or more as negative, as the kernel’s int', () => {
    const bus = new IoBus(MODERN_IO);
    bus.insert(0xd000_0000n, 0xffff_ffff | 0, 0);
    expect(bus.first(0, 0xd000_0000, 4)).toBe(-1);
    const low = new IoBus(MODERN_IO);
    low.insert(0n, 0x8000_0000 | 0, 0);
    expect(low.first(0, 0x1000, 4)).toBe(0);
  });

  it('counts comparisons: log2(n + 1) and the steps around a hit', () => {
    const bus = busOf(Array.from({ length: 1023 }, (_, n): Range => [n * 8, 4]));
    bus.compares = 0;
    expect(bus.first(0, 1, 8)).toBe(-1);
    expect(bus.compares).toBe(10);
  });

  it('finds what a scan finds, and in the order of the scan, where ranges of one size do not overlap in part', () => {
    const cell = fc.record({ at: fc.nat(200), copies: fc.integer({ min: 1, max: 3 }), zero: fc.boolean() });
    const property = fc.property(
      fc.uniqueArray(cell, { maxLength: 40, selector: ({ at }) => at }),
      fc.nat(1700),
      fc.constantFrom(1, 2, 4, 8),
      (cells, address, length) => {
        const ranges = cells.flatMap(({ at, copies, zero }): Range[] =>
          Array.from({ length: copies }, () => [at * 8, zero ? 0 : 8]),
        );
        const bus = busOf(ranges);
        const holds = ([start, size]: Range): boolean =>
          size === 0 ? start === address : start <= address && address + length <= start + size;
        const scan = order(bus).filter((device) => holds(ranges[device]!));
        expect(offered(bus, address, length)).toEqual(scan);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
