import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, REG } from '../../core/guest/registers.ts';
import { Rmap } from '../../core/kvm/mmu/rmap.ts';
import { UnsyncMarks } from '../../core/kvm/mmu/shadow/unsync-marks.ts';
import { UnsyncShadowMmu } from '../../core/kvm/mmu/shadow/unsync-shadow-mmu.ts';
import { invalidateHva } from '../../core/kvm/vm-ioctls.ts';
import { ENTRY, type GuestFormat, PagingGuest, RAM_PAGES } from '../driver/paging-guest.ts';
import { withBug } from '../driver/planted-bug.ts';
import type { MachineOptions } from '../driver/kvm-machine.ts';

/**
 * Shadow paging is invisible: the same program of table edits, flushes and accesses on a guest under shadow paging and on one under EPT, whose CPU
 * walks the guest's tables itself, ends each access alike: value, fault, error code, address. At the end all of guest memory is the same,
 * accessed and dirty bits included. Edits are followed by the flush that the architecture asks for, so that nothing may be stale.
 */
const BASE = 0x4000_0000n;
/** Frames that are tables, data, or both: any entry may point to any of them. */
const FIRST = 16;
const FRAMES = 24;
const TABLES = 6;
/** Entries in use of each table. */
const USED = 4;

type Step =
  | { readonly do: 'edit'; readonly entries: readonly Edit[]; readonly flush: 'cr3' | 'invlpg' | 'other-cr3' }
  | {
      readonly do: 'read' | 'write' | 'fetch' | 'or' | 'add';
      readonly va: bigint;
      readonly user: boolean;
      readonly value: bigint;
    }
  | { readonly do: 'reclaim'; readonly gfn: number }
  | { readonly do: 'wp' };

interface Edit {
  /** Frame among FRAMES, or the table at the top of the region. */
  readonly table: number | 'top';
  readonly index: number;
  readonly entry: bigint;
  /** The lower or upper half alone, or one byte of the flags, or the whole entry. */
  readonly part: 'all' | 'low' | 'byte';
}

const { P, W, U, A, D, PS, NX } = ENTRY;

function entryOf(format: GuestFormat): fc.Arbitrary<bigint> {
  const bit = (flag: bigint, odds: number) => fc.integer({ min: 0, max: 99 }).map((n) => (n < odds ? flag : 0n));
  const flags = fc
    .tuple(bit(P, 90), bit(W, 75), bit(U, 85), bit(A, 80), bit(D, 70), bit(PS, format === '32-bit' ? 0 : 4))
    .map((all) => all.reduce((a, b) => a | b));
  const frame = fc.integer({ min: FIRST, max: FIRST + FRAMES - 1 }).map((gfn) => BigInt(gfn) << 12n);
  const high = format === '32-bit' ? fc.constant(0n) : fc.tuple(bit(NX, 15), bit(1n << 51n, 3)).map(([a, b]) => a | b);
  // A large page begins at a multiple of its size: at 0 here, or its entry has reserved bits set. 4-byte entries are never large ones: KVM takes
  // fewer of their bits for an address than processors do (docs of GuestWalk).
  return fc.tuple(flags, frame, high).map(([low, gfn, top]) => {
    const isLarge = (low & PS) !== 0n;
    return low | top | (isLarge ? ((gfn & 0x1000n) === 0n ? gfn & 0xf_f000n : 0n) : gfn);
  });
}

function stepOf(format: GuestFormat): fc.Arbitrary<Step> {
  const tables = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: FIRST, max: FIRST + TABLES - 1 }) },
    { weight: 1, arbitrary: fc.constant('top' as const) },
  );
  const edit: fc.Arbitrary<Edit> = fc.record({
    table: tables,
    index: fc.nat(USED - 1),
    entry: entryOf(format),
    part: fc.constantFrom('all' as const, 'all', 'all', 'low', 'byte'),
  });
  const va = fc
    .tuple(fc.nat(USED - 1), fc.nat(USED - 1), fc.nat(1), fc.constantFrom(0n, 8n, 16n, 24n, 0x800n, 0xff8n))
    .map(([pd, pt, pdpt, offset]) => {
      if (format === '32-bit') return BASE + (BigInt(pd) << 22n) + (BigInt(pt) << 12n) + (offset & ~7n);
      const above = format === 'PAE' ? 0n : BigInt(pdpt) << 30n;
      return BASE + above + (BigInt(pd) << 21n) + (BigInt(pt) << 12n) + offset;
    });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('edit' as const),
        entries: fc.array(edit, { minLength: 1, maxLength: 4 }),
        flush: fc.constantFrom('cr3' as const, 'cr3', 'invlpg', 'other-cr3'),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'read' as const,
          'read',
          'write',
          'write',
          'fetch',
          'or',
          format === '32-bit' ? 'or' : 'add',
        ),
        va,
        user: fc.boolean(),
        value: entryOf(format),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('reclaim' as const),
        gfn: fc.integer({ min: FIRST, max: FIRST + FRAMES - 1 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wp' as const) }) },
  );
}

const OPS = { read: OP.READ, write: OP.WRITE, fetch: OP.FETCH, or: OP.OR, add: OP.ADD };

class Program {
  readonly guest: PagingGuest;
  private readonly format: GuestFormat;
  private readonly top: bigint;
  private readonly otherRoot: number;

  constructor(format: GuestFormat, options: MachineOptions, cr4: number, hostPage: number) {
    this.format = format;
    this.guest = new PagingGuest(format, options, cr4, hostPage);
    const { guest } = this;
    const levels = guest.format.levels;
    // The region hangs on entries of this table: the root, a page directory, or a pointer table.
    this.top = guest.entryGpa(BASE, levels === 2 ? 2 : levels === 3 ? 2 : 3);
    this.otherRoot = guest.newTable();
    for (let at = 0n; at < 4096n; at += BigInt(guest.format.bytes)) {
      guest.poke((BigInt(this.otherRoot) << 12n) + at, guest.peek((BigInt(guest.root) << 12n) + at));
    }
    this.populate(levels <= 3 ? 1 : 2);
  }

  /** Tables to begin with: the first ones are upper tables where the region has two levels of them. */
  private populate(depth: number): void {
    const { guest } = this;
    const { bytes } = guest.format;
    const entry = (table: bigint, index: number, gfn: number): void =>
      guest.poke(table + BigInt(index * bytes), (BigInt(gfn) << 12n) | P | W | U | A | D);
    for (let index = 0; index < USED; index++) entry(this.top, index, FIRST + (depth === 1 ? index : index % 2));
    for (let table = 0; table < TABLES; table++) {
      for (let index = 0; index < USED; index++) {
        const isUpper = depth === 2 && table < 2;
        entry(
          BigInt(FIRST + table) << 12n,
          index,
          FIRST + (isUpper ? 2 + index : TABLES + ((table * USED + index) % (FRAMES - TABLES))),
        );
      }
    }
  }

  /** What the guest sees of a step. */
  run(step: Step): string {
    const { m } = this.guest;
    switch (step.do) {
      case 'edit':
        for (const entry of step.entries) this.edit(entry);
        return this.flush(step.flush);
      case 'reclaim':
        invalidateHva(m.kvm, Number(0x7f00_0000_0000n >> 12n) + step.gfn, 1);
        return '';
      case 'wp':
        return m.run(OP.MOV_CR0, 0n, 4, BigInt.asUintN(32, BigInt(m.regs.at[REG.CR0]! ^ CR0.WP)));
      default:
        return this.access(step.do, step.va, step.user, step.value);
    }
  }

  private access(kind: keyof typeof OPS, va: bigint, user: boolean, value: bigint): string {
    const { guest } = this;
    const { m } = guest;
    const { bytes } = guest.format;
    guest.cpl = user ? 3 : 0;
    const outcome = m.run(OPS[kind], va, kind === 'fetch' ? 1 : bytes, BigInt.asUintN(bytes * 8, value));
    const { vector, errorCode, hi, lo } = m.lastFault;
    const result = kind === 'read' || kind === 'or' || kind === 'add' ? `${m.insn.result.join()}` : '';
    guest.cpl = 0;
    // It may have written to a table.
    if (kind !== 'read' && kind !== 'fetch') this.flush('cr3');
    return outcome === 'fault' ? `fault ${vector} ${errorCode} ${hi} ${lo}` : `${outcome} ${result}`;
  }

  private edit({ table, index, entry, part }: Edit): void {
    const { guest } = this;
    const bytes = guest.format.bytes;
    const gpa = (table === 'top' ? this.top : BigInt(table) << 12n) + BigInt(index * bytes);
    guest.store(gpa, entry, part === 'byte' ? 1 : part === 'low' ? 4 : bytes);
  }

  private flush(how: 'cr3' | 'invlpg' | 'other-cr3'): string {
    const { guest } = this;
    if (how === 'cr3') return guest.loadCr3(this.currentRoot());
    if (how === 'other-cr3') {
      const other = this.currentRoot() === guest.root && this.format !== '32-bit' ? this.otherRoot : guest.root;
      return guest.loadCr3(other);
    }
    const above = this.format === '32-bit' || this.format === 'PAE' ? 1 : 2;
    const step = this.format === '32-bit' ? 22n : 21n;
    for (let pdpt = 0n; pdpt < above; pdpt++)
      for (let pd = 0n; pd < USED; pd++)
        for (let pt = 0n; pt < USED; pt++) guest.invlpg(BASE + (pdpt << 30n) + (pd << step) + (pt << 12n));
    return '';
  }

  private currentRoot(): number {
    return this.guest.m.regs.at[REG.CR3_LO]! >>> 12;
  }

  memory(): bigint[] {
    const { guest } = this;
    const entries: bigint[] = [];
    for (let gpa = BigInt(FIRST) << 12n; gpa < BigInt(RAM_PAGES) << 12n; gpa += BigInt(guest.format.bytes)) {
      if (gpa >= 0x28_000n && gpa < 0x40_0000n) continue;
      if (gpa >= 0x44_0000n) break;
      entries.push(guest.peek(gpa));
    }
    return entries;
  }
}

const SHADOWS: readonly (readonly [string, MachineOptions, number])[] = [
  ['7.0 on Intel', {}, 1],
  ['7.0 on AMD, few shadow pages', { vendor: 'amd', mmuPages: 12 }, 1],
  ['4.15 on Intel, host pages of 2 MiB', { kernel: '4.15' }, 2],
  ['3.14 on AMD without decode assists', { kernel: '3.14', vendor: 'amd', cpu: { decodeAssists: false } }, 1],
];

/** What is different at first, or null. */
function firstDifference(shadow: Program, ept: Program, steps: readonly Step[]): string | null {
  for (const [i, step] of steps.entries()) {
    const [seen, wanted] = [shadow.run(step), ept.run(step)];
    if (seen !== wanted) return `step ${i}: ${seen} instead of ${wanted}`;
  }
  const [seen, wanted] = [shadow.memory(), ept.memory()];
  const at = seen.findIndex((entry, i) => entry !== wanted[i]);
  return at < 0 ? null : `entry ${at}: ${seen[at]!.toString(16)} instead of ${wanted[at]!.toString(16)}`;
}

describe.each(['32-bit', 'PAE', '4-level', '5-level'] as const)('a %s guest', (format) => {
  it.each(SHADOWS)('sees the same under shadow paging of %s as under EPT', (_name, options, hostPage) => {
    const holds = () =>
      fc.assert(
        fc.property(
          fc.array(stepOf(format), { minLength: 60, maxLength: 120 }),
          fc.constantFrom(0, CR4.SMEP, CR4.SMAP, CR4.SMEP | CR4.SMAP),
          (steps, cr4) => {
            const ept = new Program(format, { mmu: 'ept' }, cr4, 1);
            const difference = firstDifference(new Program(format, options, cr4, hostPage), ept, steps);
            if (difference !== null) throw new Error(difference);
          },
        ),
        { numRuns: 15 },
      );
    expect(holds).not.toThrow();
  });
});

/** Programs run for one bug: to find it, and then to shrink it. A count and no time, so that a loaded machine finds what an idle one does. */
const RUNS = 80;

/** The same search with a bug put into the shadow MMU of today: it has to find it, and shrinks it as far as the runs allow. A seed finds its bug early. */
describe('a bug put into the shadow MMU is found', () => {
  const nothing = (): unknown => undefined;
  it.each([
    ['a new table whose frame stays writable (no write-protect)', 2, Rmap, 'head', (): unknown => 0],
    ['an upper table that is not tracked for writes', 2, Rmap, 'track', nothing],
    ['unsync tables that a load of CR3 does not find (a forgotten sync)', 2, UnsyncMarks, 'mark', nothing],
    ['an INVLPG that looks at no table', 2, UnsyncShadowMmu, 'invlpg', nothing],
    ['an emulated write that shadow pages are not told of', 5, UnsyncShadowMmu, 'pteWritten', nothing],
  ] as const)('%s', (_name, seed, of, method, bug) => {
    const steps = fc
      .array(stepOf('4-level'), { maxLength: 60, size: 'max' })
      .map((all) => all.filter((each) => each.do !== 'reclaim'));
    let runs = 0;
    const report = withBug(of, method, bug, () =>
      fc.check(
        fc.property(steps, (each) => {
          if (++runs > RUNS) return;
          const ept = new Program('4-level', { mmu: 'ept' }, 0, 1);
          const difference = firstDifference(new Program('4-level', {}, 0, 1), ept, each);
          if (difference !== null) throw new Error(difference);
        }),
        { numRuns: RUNS, seed },
      ),
    );
    expect(report.counterexample).not.toBeNull();
    expect(report.numShrinks).toBeGreaterThan(0);
    expect(report.counterexample![0].length).toBeLessThan(40);
  });
});
