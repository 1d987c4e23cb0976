import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../test/driver/kvm-machine.ts';
import { assert } from '../base/assert.ts';
import { ERRNO } from './io/errno.ts';
import { dirtyPages } from './memslots/dirty-log.ts';
import { dirtyLog, invalidateHva, setMemoryRegion } from './vm-ioctls.ts';

/**
 * Random guest accesses between random changes of memslots, dirty logging and host memory, against a byte map kept here: what the guest
 * reads of RAM, what reaches userspace, and that no page written since the last GET_DIRTY_LOG is missing from the bitmap.
 */
const PAGES = 1024;
const SLOTS = 2;
const BASE = [0x0, 0x40_0000];

type Step =
  | { readonly do: 'write' | 'read'; readonly at: number; readonly size: number; readonly value: number }
  | { readonly do: 'slot'; readonly slot: number; readonly change: 'create' | 'delete' | 'read-only' | 'log' | 'unlog' }
  | { readonly do: 'get-log' | 'reclaim'; readonly slot: number };

const address = fc
  .tuple(fc.integer({ min: 0, max: SLOTS }), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xfff }))
  .map(([slot, page, offset]) => slot * 0x40_0000 + (page % 3 === 0 ? PAGES - 1 - page : page) * 4096 + offset);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'read' as const),
      at: address,
      size: fc.constantFrom(1, 2, 4),
      value: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('slot' as const),
      slot: fc.nat(SLOTS - 1),
      change: fc.constantFrom('create' as const, 'create', 'delete', 'read-only', 'log', 'log', 'unlog'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('get-log' as const, 'get-log', 'reclaim'), slot: fc.nat(SLOTS - 1) }),
  },
);

class Check {
  readonly m: KvmMachine;
  private readonly level: number;
  /** Bytes of each host buffer, which outlive their slots. */
  private readonly bytes = Array.from({ length: SLOTS }, () => new Map<number, number>());
  private readonly flags: (number | undefined)[] = Array.from<number | undefined>({ length: SLOTS });
  private readonly written = Array.from({ length: SLOTS }, () => new Set<number>());

  constructor(options: ConstructorParameters<typeof KvmMachine>[0], level: number) {
    this.m = new KvmMachine(options);
    this.m.answer = -1;
    this.level = level;
    for (let slot = 0; slot < SLOTS; slot++) this.m.kvm.hostMm.map(this.hvaPage(slot), PAGES, level);
  }

  run(step: Step): void {
    switch (step.do) {
      case 'slot':
        return this.change(step.slot, step.change);
      case 'get-log':
        return this.getLog(step.slot);
      case 'reclaim':
        return invalidateHva(this.m.kvm, this.hvaPage(step.slot), PAGES);
      default:
        return this.access(step.do === 'write', step.at, step.size, step.value);
    }
  }

  private change(slot: number, change: string): void {
    const flags = this.flags[slot];
    const logs = flags !== undefined && (flags & 1) !== 0;
    if (change === 'create' || change === 'read-only') {
      if (flags === undefined) this.set(slot, change === 'create' ? 0 : 2, PAGES);
    } else if (change === 'delete') {
      if (flags !== undefined) this.set(slot, undefined, 0);
    } else if (flags !== undefined && logs !== (change === 'log')) this.set(slot, flags ^ 1, PAGES);
  }

  private set(slot: number, flags: number | undefined, pages: number): void {
    const region = {
      slot,
      flags: flags ?? 0,
      gpa: BigInt(BASE[slot]!),
      size: BigInt(pages) << 12n,
      hva: BigInt(this.hvaPage(slot)) << 12n,
    };
    assert(setMemoryRegion(this.m.kvm, region) === ERRNO.OK, 'KVM_SET_USER_MEMORY_REGION refused');
    this.flags[slot] = flags;
    this.written[slot]!.clear();
  }

  private getLog(slot: number): void {
    const log = dirtyLog(this.m.kvm, slot);
    const flags = this.flags[slot];
    const logs = flags !== undefined && (flags & 1) !== 0;
    assert(log.errno === (logs ? ERRNO.OK : ERRNO.ENOENT), `KVM_GET_DIRTY_LOG: ${log.errno}`);
    if (log.errno !== ERRNO.OK) return;
    const logged = new Set(dirtyPages(log.bitmap));
    for (const page of this.written[slot]!) assert(logged.has(page), `page ${page} was written and not logged`);
    this.written[slot]!.clear();
  }

  private access(isWrite: boolean, at: number, size: number, value: number): void {
    const { m } = this;
    m.exits.length = 0;
    const data = value * 0x01010101;
    if (isWrite) assert(m.write(BigInt(at), size, BigInt(data >>> 0)) === 'done', 'the write did not end');
    const got = isWrite ? 0n : m.read(BigInt(at), size)!;
    let outside = false;
    for (let i = 0; i < size; i++) {
      const slot = BASE.findLastIndex((base) => at + i >= base && at + i < base + PAGES * 4096);
      const flags = slot < 0 ? undefined : this.flags[slot];
      if (flags === undefined || (isWrite && (flags & 2) !== 0)) {
        outside = true;
        if (!isWrite) this.sameByte(got, i, 0xff);
        continue;
      }
      const offset = at + i - BASE[slot]!;
      if (isWrite) {
        this.bytes[slot]!.set(offset, value);
        if ((flags & 1) !== 0) this.written[slot]!.add(offset >> 12);
      } else this.sameByte(got, i, this.bytes[slot]!.get(offset) ?? 0);
    }
    assert(m.exits.length > 0 === outside, `${m.exits.length} exits to userspace`);
  }

  private sameByte(got: bigint, at: number, wanted: number): void {
    const byte = Number((got >> BigInt(at * 8)) & 0xffn);
    assert(byte === wanted, `read ${byte} where ${wanted} was written`);
  }

  private hvaPage(slot: number): number {
    return 0x7_0000_0000 + slot * 0x10_0000 + (this.level > 1 ? 0 : slot);
  }
}

describe.each([
  ['ept', '7.0', 1, true],
  ['ept', '7.0', 2, false],
  ['ept', '4.15', 2, true],
  ['ept', '4.2', 1, false],
  ['npt', '7.0', 2, false],
  ['npt', '4.15', 1, false],
  ['shadow', '7.0', 1, false],
  ['shadow', '7.0', 2, false],
  ['shadow', '4.2', 2, false],
] as const)('%s on %s, host pages of level %i, PML %s', (mmu, kernel, level, pml) => {
  it.each([0, 3])('guest memory is what was written, evicting every %i', (evictEvery) => {
    const holds = () =>
      fc.assert(
        fc.property(fc.array(step, { minLength: 60, maxLength: 200 }), (steps) => {
          const check = new Check({ mmu, kernel, cpu: { pml }, silicon: { evictEvery } }, level);
          for (const each of steps) check.run(each);
        }),
        { numRuns: 60 },
      );
    expect(holds).not.toThrow();
  });
});
