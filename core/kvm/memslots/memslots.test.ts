import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { errnoName } from '../io/errno.ts';
import { dirtyPages, getDirtyLog, markDirty } from './dirty-log.ts';
import { Memslots } from './memslots.ts';
import { NO_OBSERVER, type SlotObserver } from './slot-observer.ts';
import { MODERN_SLOTS, type SlotPolicy } from './slot-policy.ts';
import { SLOT_FLAG } from './slot-table.ts';

const PAGE = 4096;
const HVA = 0x7f00_0000_0000n;
const { LOG_DIRTY, READONLY } = SLOT_FLAG;

let slots: Memslots;
let seen: string[];

const watcher: SlotObserver = {
  ...NO_OBSERVER,
  zapAllRoots: () => seen.push('zap all'),
  zapRange: (space, gfn, pages) => seen.push(`zap ${space}:${gfn}+${pages}`),
  dirtyLogEnabled: () => seen.push('log on'),
  dirtyLogDisabled: () => seen.push('log off'),
  dirtyLogTaken: (_slot, word, mask) => seen.push(`protect ${word}:${mask}`),
  flushAfterDirtyLog: () => seen.push('flush'),
};

function start(policy: Partial<SlotPolicy> = {}): void {
  seen = [];
  slots = new Memslots({ ...MODERN_SLOTS, ...policy }, watcher);
}
beforeEach(() => start());

interface Call {
  readonly slot?: number;
  readonly flags?: number;
  /** In pages. */
  readonly gfn?: number;
  readonly pages?: number;
  /** In bytes, over `gfn` and `pages`. */
  readonly gpa?: bigint;
  readonly size?: bigint;
  readonly hva?: bigint;
}
const set = (call: Call): string =>
  errnoName(
    slots.setRegion({
      slot: call.slot ?? 0,
      flags: call.flags ?? 0,
      gpa: call.gpa ?? BigInt((call.gfn ?? 0) * PAGE),
      size: call.size ?? BigInt((call.pages ?? 16) * PAGE),
      hva: call.hva ?? HVA,
    }),
  );
const generation = () => slots.generations.value(0);

/** A row: calls in order and their results. */
const ROWS: readonly [vector: string, calls: readonly [Call, string][]][] = [
  ['114, size 100', [[{ size: 100n }, 'EINVAL']]],
  ['114, gpa + 1', [[{ gpa: 1n }, 'EINVAL']]],
  ['114, hva + 8', [[{ hva: HVA + 8n }, 'EINVAL']]],
  ['114, kernel hva', [[{ hva: 0xffff_8880_0000_0000n }, 'EINVAL']]],
  ['115: an hva without mapping is not looked at', [[{ hva: 0n }, 'OK']]],
  [
    '116',
    [
      [{}, 'OK'],
      [{ slot: 2, gfn: 8 }, 'EEXIST'],
      [{ slot: 2, gfn: 16 }, 'OK'],
    ],
  ],
  [
    '117',
    [
      [{}, 'OK'],
      [{ pages: 8 }, 'EINVAL'],
      [{ hva: HVA + 4096n }, 'EINVAL'],
      [{ flags: READONLY }, 'EINVAL'],
    ],
  ],
  [
    '118',
    [
      [{}, 'OK'],
      [{ flags: LOG_DIRTY }, 'OK'],
      [{}, 'OK'],
    ],
  ],
  [
    '119',
    [
      [{ slot: 1 }, 'OK'],
      [{ slot: 1, gfn: 64 }, 'OK'],
      [{ slot: 2, gfn: 0 }, 'OK'],
      [{ slot: 1, gfn: 8 }, 'EEXIST'],
      [{ slot: 1, gfn: 65 }, 'OK'],
      [{ slot: 1, gfn: 80, flags: LOG_DIRTY }, 'OK'],
    ],
  ],
  [
    '120',
    [
      [{}, 'OK'],
      [{ pages: 0 }, 'OK'],
      [{ pages: 0 }, 'EINVAL'],
    ],
  ],
  [
    '121, gpa 3',
    [
      [{}, 'OK'],
      [{ pages: 0, gpa: 3n }, 'EINVAL'],
    ],
  ],
  [
    '121, flag 1 << 20',
    [
      [{}, 'OK'],
      [{ pages: 0, flags: 1 << 20 }, 'EINVAL'],
    ],
  ],
  ['122', [[{ flags: 4 }, 'EINVAL']]],
  [
    '123',
    [
      [{ flags: READONLY }, 'OK'],
      [{ flags: READONLY | LOG_DIRTY }, 'OK'],
      [{ flags: LOG_DIRTY }, 'EINVAL'],
    ],
  ],
  [
    '124',
    [
      [{ slot: 32763 }, 'OK'],
      [{ slot: 32764 }, 'EINVAL'],
      [{ slot: 0xffff }, 'EINVAL'],
    ],
  ],
  ['125, space 2', [[{ slot: 2 << 16 }, 'EINVAL']]],
  [
    '125, space 1 with SMM',
    [
      [{ slot: 1 << 16 }, 'OK'],
      [{ slot: 0 }, 'OK'],
    ],
  ],
  ['126, gpa + size wraps', [[{ gpa: (1n << 64n) - 4096n, size: 8192n }, 'EINVAL']]],
  ['126, 2^31 pages', [[{ hva: 0n, size: 1n << 43n }, 'EINVAL']]],
  ['126, gpa 2^52', [[{ gpa: 1n << 52n }, 'EINVAL']]],
  ['127, gpa 2^MAXPHYADDR with EPT', [[{ gpa: 1n << 46n }, 'EINVAL']]],
];

describe('KVM_SET_USER_MEMORY_REGION', () => {
  it.each(ROWS)('vector %s', (_vector, calls) => {
    for (const [call, result] of calls) expect(set(call)).toBe(result);
  });

  it('vector 113: an identical call has no effect, not even on the generation', () => {
    expect(set({})).toBe('OK');
    const before = generation();
    expect(set({})).toBe('OK');
    expect([generation(), slots.lastSwaps]).toEqual([before, 0]);
  });

  it('vector 125: one address space', () => {
    start({ addressSpaces: 1 });
    expect(set({ slot: 1 << 16 })).toBe('EINVAL');
  });

  it('vector 127: with shadow paging the limit is 52 bits', () => {
    start({ maxGfn: 2 ** 40 - 1 });
    expect([set({ gpa: 1n << 48n }), set({ slot: 1, gpa: (1n << 52n) - 4096n })]).toEqual(['OK', 'EINVAL']);
  });

  it('4.2 has 509 slots', () => {
    start({ userSlots: 509 });
    expect([set({ slot: 508 }), set({ slot: 509, gfn: 64 })]).toEqual(['OK', 'EINVAL']);
  });
});

describe('what a change does', () => {
  it.each<[string, Call, number, bigint, string[]]>([
    ['CREATE', { slot: 1, gfn: 64 }, 1, 2n, []],
    ['FLAGS_ONLY', { flags: LOG_DIRTY }, 1, 2n, ['log on']],
    ['MOVE', { gfn: 32 }, 2, 4n, ['zap all']],
    ['DELETE', { pages: 0 }, 2, 4n, ['zap all']],
  ])('%s', (_name, call, swaps, generations, zaps) => {
    set({});
    const before = generation();
    set(call);
    expect([slots.lastSwaps, generation() - before, seen]).toEqual([swaps, generations, zaps]);
  });

  it('without the zap-all quirk only the slot’s range goes', () => {
    start({ zapAll: false });
    set({ gfn: 3 });
    set({ pages: 0 });
    expect(seen).toEqual(['zap 0:3+16']);
  });

  it('a MOVE that fails late costs a zap and two swaps, and leaves the slot', () => {
    set({});
    expect(set({ gpa: 1n << 46n })).toBe('EINVAL');
    expect([slots.lastSwaps, seen, slots.find(0, 3)]).toEqual([2, ['zap all'], slots.table.rowOf(0, 0)]);
    expect(slots.table.flags[slots.find(0, 3)]).toBe(0);
  });

  it('the slot is INVALID while its translations are dropped', () => {
    const flags: number[] = [];
    const observer = { ...watcher, zapAllRoots: () => flags.push(slots.table.flags[slots.find(0, 0)]!) };
    slots = new Memslots(MODERN_SLOTS, observer);
    set({});
    set({ pages: 0 });
    expect(flags).toEqual([SLOT_FLAG.INVALID]);
    expect(slots.find(0, 0)).toBe(-1);
  });
});

describe('generations', () => {
  it('begin at the number of the address space and count in steps of two', () => {
    expect([slots.generations.value(0), slots.generations.value(1)]).toEqual([0n, 1n]);
    set({ slot: 1 << 16 });
    expect(slots.generations.value(1)).toBe(3n);
  });

  it('mark an update in progress in bit 63, which no MMIO generation shows', () => {
    slots.generations.begin(0);
    expect([slots.generations.inProgress(0), slots.generations.mmio(0)]).toEqual([true, 0]);
    expect(slots.generations.end(0)).toBe(false);
    expect(slots.generations.inProgress(0)).toBe(false);
  });

  it('vector 147: 2^18 swaps with two spaces wrap the 19 bits once', () => {
    set({});
    for (let n = 1; n < 2 ** 18; n++) set({ flags: n % 2 === 1 ? LOG_DIRTY : 0 });
    expect(seen.filter((what) => what === 'zap all')).toHaveLength(1);
    expect(slots.generations.mmio(0)).toBe(0);
  });

  it('of 4.2 start at -150, are odd in progress, and an SPTE does not keep the lowest of 20 bits', () => {
    const start42 = [(1n << 64n) - 150n, (1n << 64n) - 150n];
    const generationPolicy = {
      start: start42,
      step: 2n,
      inProgress: 'odd',
      mmioBits: 20,
      mmioDroppedBits: 1,
      spaceBits: 0,
    };
    start({ generation: generationPolicy as SlotPolicy['generation'] });
    expect(slots.generations.mmio(0)).toBe(2 ** 20 - 150);
    slots.generations.begin(0);
    expect([slots.generations.inProgress(0), slots.generations.mmio(0) & 1]).toEqual([true, 1]);
    expect(slots.generations.storedMmio(0)).toBe(2 ** 20 - 150);
    slots.generations.end(0);
    expect(slots.generations.mmio(0)).toBe(2 ** 20 - 148);
    for (let n = 0; n < 74; n++) {
      slots.generations.begin(0);
      expect(slots.generations.end(0)).toBe(n === 73);
    }
  });
});

describe('looking up a frame', () => {
  it('finds what a scan finds, whatever was created, moved and deleted before', () => {
    const call = fc.record({ slot: fc.nat(6), gfn: fc.nat(60), pages: fc.constantFrom(0, 1, 4, 4, 9) });
    const property = fc.property(fc.array(call, { maxLength: 40 }), (calls) => {
      start();
      const model = new Map<number, { gfn: number; pages: number }>();
      for (const { slot, gfn, pages } of calls) {
        if (set({ slot, gfn, pages }) !== 'OK') continue;
        if (pages === 0) model.delete(slot);
        else model.set(slot, { gfn, pages });
      }
      for (let gfn = 0; gfn < 72; gfn++) {
        const held = [...model].find(([, each]) => each.gfn <= gfn && gfn < each.gfn + each.pages);
        const row = slots.find(0, gfn);
        expect(row < 0 ? undefined : slots.table.id[row]).toBe(held?.[0]);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('KVM_GET_DIRTY_LOG', () => {
  const get = (slot: number) => getDirtyLog(slots, watcher, slot);

  it('vector 149: gives a page once, and protects it again', () => {
    set({ flags: LOG_DIRTY, gfn: 64 });
    const row = slots.find(0, 64);
    expect([markDirty(slots, row, 67), markDirty(slots, row, 67)]).toEqual([true, false]);
    expect(dirtyPages(get(0).bitmap)).toEqual([3]);
    expect(seen).toEqual(['protect 0:8', 'flush']);
    expect(dirtyPages(get(0).bitmap)).toEqual([]);
    markDirty(slots, row, 79);
    expect(dirtyPages(get(0).bitmap)).toEqual([15]);
  });

  it('vector 152: ENOENT without logging, and for no slot at all', () => {
    set({});
    expect([errnoName(get(0).errno), errnoName(get(1).errno)]).toEqual(['ENOENT', 'ENOENT']);
    expect([errnoName(get(32764).errno), errnoName(get(2 << 16).errno)]).toEqual(['EINVAL', 'EINVAL']);
  });

  it('logging switched off and on starts clean', () => {
    set({ flags: LOG_DIRTY });
    markDirty(slots, slots.find(0, 0), 0);
    set({});
    set({ flags: LOG_DIRTY });
    expect(dirtyPages(get(0).bitmap)).toEqual([]);
  });

  it('a MOVE keeps what was dirty', () => {
    set({ flags: LOG_DIRTY });
    markDirty(slots, slots.find(0, 5), 5);
    set({ flags: LOG_DIRTY, gfn: 100 });
    expect(dirtyPages(get(0).bitmap)).toEqual([5]);
  });
});
