import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { SLOT_FLAG } from '../../core/kvm/memslots/slot-table.ts';
import { Rmap } from '../../core/kvm/mmu/rmap.ts';
import { Mmu2007 } from '../../core/kvm/mmu/shadow-2007/mmu.ts';
import { PteWrite } from '../../core/kvm/mmu/shadow-2007/pte-write.ts';
import { Shadow2007 } from '../../core/kvm/mmu/shadow-2007/shadow-2007.ts';
import { dirtyLog, setMemoryRegion } from '../../core/kvm/vm-ioctls.ts';
import { PFERR } from '../../core/spec/vm-exit.ts';
import { withBug } from '../driver/planted-bug.ts';
import {
  DIRECT,
  type GuestFormat,
  NOTRAP,
  PTE,
  RAM_PAGES,
  ShadowGuest,
  type ShadowGuestOptions,
} from '../driver/shadow-2007-guest.ts';

/**
 * Random edits of a guest's tables, address-space switches and accesses: the guest sees what a plain walk of its tables says, and after each step the
 * shadow tables hold nothing that the guest's do not allow (what kvm_mmu_audit checks). Three formats, with and without bypass.
 */
const { P, W, U, A, D, PS, NX } = PTE;
const BASE = 0x4000_0000n;
const REGION = 0x20_0000n;
const REGIONS = 4;
const PAGES = 3;
const FRAMES = [0x100n, 0x101n, 0x102n, 0x103n, 0x104n, 0x105n];
const ADDRESS = 0xf_ffff_ffff_f000n;

interface Rights {
  readonly p: boolean;
  readonly w: boolean;
  readonly u: boolean;
  readonly nx: boolean;
}

type Step =
  | {
      readonly do: 'leaf';
      readonly region: number;
      readonly page: number;
      readonly frame: number;
      readonly a: boolean;
      readonly d: boolean;
      readonly halves: boolean;
      readonly rights: Rights;
    }
  | { readonly do: 'upper'; readonly region: number; readonly large: boolean; readonly rights: Rights }
  | {
      readonly do: 'access';
      readonly region: number;
      readonly page: number;
      readonly kind: 'read' | 'write' | 'fetch';
      readonly user: boolean;
    }
  | { readonly do: 'switch'; readonly space: number }
  | { readonly do: 'log' };

const rights = fc.record({ p: fc.boolean(), w: fc.boolean(), u: fc.boolean(), nx: fc.boolean() });
const region = fc.nat(REGIONS - 1);
const page = fc.nat(PAGES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('leaf' as const),
      region,
      page,
      frame: fc.nat(FRAMES.length - 1),
      a: fc.boolean(),
      d: fc.boolean(),
      halves: fc.boolean(),
      rights,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('upper' as const), region, large: fc.boolean(), rights }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('access' as const),
      region,
      page,
      kind: fc.constantFrom('read' as const, 'write' as const, 'fetch' as const),
      user: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('switch' as const), space: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('log' as const) }) },
);

interface Walked {
  readonly fault: number | null;
  readonly kvmSays: number;
  readonly gfn: bigint;
  /** Guest-physical addresses of the entries used. */
  readonly entries: number[];
}

/** Two address spaces that share the kernel's part, in one guest. */
class World {
  readonly guest: ShadowGuest;
  readonly roots: number[];
  private space = 0;
  private value = 0x1000;
  private readonly written = new Set<number>();
  private readonly is2624: boolean;
  /** Directories and tables of the test's region, by space. */
  private readonly upperGpa: number[][] = [[], []];
  private readonly upperFull: bigint[][] = [[], []];

  constructor(options: ShadowGuestOptions) {
    this.is2624 = options.kernel === '2.6.24';
    const roots: number[] = [];
    this.guest = new ShadowGuest({
      ...options,
      setUp: (guest) => {
        roots.push(guest.root, this.secondRoot(guest));
        roots.forEach((root, space) => {
          for (let r = 0; r < REGIONS; r++) {
            const va = BASE + BigInt(r) * REGION;
            guest.entryGpa(va, 1, root);
            const gpa = guest.entryGpa(va, 2, root);
            this.upperGpa[space]!.push(gpa);
            this.upperFull[space]!.push(guest.load(gpa));
          }
        });
        for (const frame of [...FRAMES, 0n, 1n, 2n, 512n, 513n, 514n]) guest.store(Number(frame) * 4096, frame + 7n);
      },
    });
    this.roots = roots;
    const { kvm } = this.guest.m;
    const { hvaPage } = kvm.slots.table;
    const region = {
      slot: 0,
      flags: SLOT_FLAG.LOG_DIRTY,
      gpa: 0n,
      size: BigInt(RAM_PAGES) * 4096n,
      hva: BigInt(hvaPage[0]!) << 12n,
    };
    expect(setMemoryRegion(kvm, region)).toBe(0);
    this.guest.m.vcpu.serveRequests();
  }

  /** The same kernel part, and nothing of the test's region. */
  private secondRoot(guest: ShadowGuest): number {
    const root = guest.newTable();
    if (guest.format === '32') {
      for (let i = 0n; i < 2n; i++)
        guest.set(DIRECT + i * 0x40_0000n, 2, guest.entry(DIRECT + i * 0x40_0000n, 2), root);
      return root;
    }
    const level = 3;
    guest.set(DIRECT, level, guest.entry(DIRECT, level), root);
    for (let i = 1n; guest.format === 'pae' && i < 4n; i++) guest.entryGpa(i << 30n, 2, root);
    return root;
  }

  run(each: Step): void {
    switch (each.do) {
      case 'leaf':
        return this.leaf(each);
      case 'upper':
        return this.upper(each);
      case 'switch':
        this.space = each.space;
        expect(this.guest.loadCr3(this.roots[each.space]!)).toBe('done');
        return;
      case 'log':
        return this.takeLog();
      case 'access':
        this.access(each);
    }
  }

  private bits({ p, w, u, nx }: Rights): bigint {
    return (p ? P : 0n) | (w ? W : 0n) | (u ? U : 0n) | (nx && this.guest.format !== '32' ? NX : 0n);
  }

  private leaf({ region: r, page: n, frame, a, d, halves, rights: allowed }: Step & { do: 'leaf' }): void {
    const { guest } = this;
    const va = BASE + BigInt(r) * REGION + BigInt(n) * 4096n;
    const directory = guest.load(this.upperGpa[this.space]![r]!);
    // The table is written where it is, linked or not.
    const table = Number((this.upperFull[this.space]![r]! & ADDRESS) >> 12n);
    const index = guest.format === '32' ? Number((va >> 12n) & 1023n) : Number((va >> 12n) & 511n);
    const at = DIRECT + BigInt(table * 4096 + index * guest.bytes);
    const entry = (FRAMES[frame]! << 12n) | this.bits(allowed) | (a ? A : 0n) | (d ? D : 0n);
    if (halves && guest.bytes === 8) {
      // As a 32-bit kernel does: first absent, then the upper half, then the lower one.
      expect(guest.write(at, 4, 0n)).toBe('done');
      expect(guest.write(at + 4n, 4, entry >> 32n)).toBe('done');
      expect(guest.write(at, 4, entry & 0xffff_ffffn)).toBe('done');
    } else expect(guest.write(at, guest.bytes, entry)).toBe('done');
    this.written.add(table);
    expect(guest.load(table * 4096 + index * guest.bytes)).toBe(entry);
    expect(guest.load(this.upperGpa[this.space]![r]!)).toBe(directory);
    guest.run(OP.INVLPG, va, 1, 0n, 0);
  }

  /** 2.6.24 does not follow a change of rights in upper levels (see its own test): there they are all or nothing. */
  private upper({ region: r, large, rights: allowed }: Step & { do: 'upper' }): void {
    const { guest } = this;
    const full = this.upperFull[this.space]![r]!;
    const some = this.is2624 ? (allowed.p ? P | W | U : 0n) : this.bits(allowed);
    const entry = large ? A | D | PS | some : (full & ADDRESS) | A | some;
    const gpa = this.upperGpa[this.space]![r]!;
    expect(guest.write(DIRECT + BigInt(gpa), guest.bytes, entry)).toBe('done');
    this.written.add(gpa >>> 12);
    expect(guest.loadCr3(this.roots[this.space]!)).toBe('done');
  }

  private access({ region: r, page: n, kind, user }: Step & { do: 'access' }): void {
    const { guest } = this;
    const va = BASE + BigInt(r) * REGION + BigInt(n) * 4096n;
    const expected = this.walk(va, kind, user);
    const before = expected.entries.map((at) => guest.load(at));
    const cpl = user ? 3 : 0;
    const value = BigInt(++this.value);
    const outcome =
      kind === 'read' ? guest.read(va, cpl) : kind === 'write' ? guest.write(va, 4, value, cpl) : guest.fetch(va, cpl);
    if (expected.fault !== null) {
      expect(outcome).toBe('fault');
      const codes = [expected.fault, ...(guest.fault.by === 'kvm' ? [expected.kvmSays] : [])];
      expect(codes.map((code) => code & this.comparable)).toContain(guest.fault.errorCode & this.comparable);
      return;
    }
    expect(outcome).toBe('done');
    const gpa = Number(expected.gfn) * 4096;
    if (kind === 'read') expect(guest.m.insn.result[0]! >>> 0).toBe(Number(guest.load(gpa) & 0xffff_ffffn));
    if (kind === 'write') {
      expect(guest.load(gpa) & 0xffff_ffffn).toBe(value);
      this.written.add(gpa >>> 12);
    }
    expected.entries.forEach((at, i) => {
      expect(guest.load(at) & A).toBe(A);
      if (guest.load(at) !== before[i]) this.written.add(at >>> 12);
    });
    if (kind === 'write') expect(guest.load(expected.entries.at(-1)!) & D).toBe(D);
  }

  /** The fetch bit of the code says whether the CPU has execute-disable on, which KVM does not hide from a guest without it. */
  private get comparable(): number {
    return this.guest.format === '32' ? ~PFERR.FETCH : ~0;
  }

  /**
   * A plain walk of the guest's tables. `kvmSays`: the code of a KVM that tests rights level by level, before it knows whether a lower entry is
   * absent: these kernels inject P where a CPU would not.
   */
  private walk(va: bigint, kind: string, user: boolean): Walked {
    const { guest } = this;
    const code = (kind === 'write' ? PFERR.W : 0) | (user ? PFERR.U : 0) | (kind === 'fetch' ? PFERR.FETCH : 0);
    const bits = guest.format === '32' ? 10n : 9n;
    let table = this.roots[this.space]!;
    const entries: number[] = [];
    let allowed = W | U;
    let noExecute = false;
    for (let level = guest.format === '64' ? 4 : guest.format === 'pae' ? 3 : 2; ; level--) {
      const index = Number((va >> (12n + BigInt(level - 1) * bits)) & ((1n << bits) - 1n));
      const at = table * 4096 + index * guest.bytes;
      const entry = guest.load(at);
      const refused = (): boolean =>
        (user && (allowed & U) === 0n) || (kind === 'write' && (allowed & W) === 0n) || (kind === 'fetch' && noExecute);
      if ((entry & P) === 0n) return { fault: code, kvmSays: refused() ? code | PFERR.P : code, gfn: 0n, entries };
      if (guest.format !== 'pae' || level < 3) {
        allowed &= entry;
        noExecute ||= (entry & NX) !== 0n;
        entries.push(at);
      }
      const isLarge = level === 2 && (entry & PS) !== 0n;
      if (level > 1 && !isLarge) {
        table = Number((entry & ADDRESS) >> 12n);
        continue;
      }
      const size = isLarge ? (1n << bits) - 1n : 0n;
      const gfn = (((entry & ADDRESS) >> 12n) & ~size) | ((va >> 12n) & size);
      return { fault: refused() ? code | PFERR.P : null, kvmSays: code | PFERR.P, gfn, entries };
    }
  }

  /** Every page written since the last time is in the log. */
  private takeLog(): void {
    const log = dirtyLog(this.guest.m.kvm, 0);
    this.guest.m.vcpu.serveRequests();
    for (const gfn of this.written)
      expect(((log.bitmap[gfn >>> 5]! >>> (gfn & 31)) & 1) === 1, `page ${gfn}`).toBe(true);
    this.written.clear();
  }

  /** kvm_mmu_audit: every shadow page against the guest table it shadows. */
  audit(bypasses: boolean): void {
    const { guest } = this;
    const { kvm, memory } = guest.m;
    const shadow = kvm.shadow;
    if (!(shadow instanceof Shadow2007)) throw new Error('another shadow MMU');
    const { pages } = shadow.mmu;
    for (let page_ = pages.oldest(); page_ !== 0; page_ = pages.younger(page_)) {
      const role = pages.role[page_]!;
      const level = (role >> 4) & 15;
      if ((role & (1 << 16)) !== 0) continue;
      const gfn = pages.gfn[page_]!;
      const first = guest.format === '32' ? ((role >> 8) & 3) * 512 : 0;
      for (let i = 0; i < 512; i++) {
        const hi = pages.entryHi(page_, i);
        const lo = pages.entryLo(page_, i);
        if (hi === -1 || (lo === 0 && hi === 0 && !bypasses)) continue;
        const entry = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
        // A 32-bit directory's entries are shadowed by two each.
        const at =
          guest.format === '32' && level === 2 ? (((role >> 8) & 3) * 256 + (i >> 1)) * 4 : (first + i) * guest.bytes;
        const theirs = guest.load(gfn * 4096 + at);
        if (entry === NOTRAP) {
          if ((theirs & P) !== 0n) expect.fail('notrap over a present entry');
          continue;
        }
        expect(theirs & P, 'a shadow entry over an absent one').toBe(P);
        if (level > 1) continue;
        const host = kvm.ram.frame(Number((theirs & ADDRESS) >> 12n), false);
        expect(Number((entry & ADDRESS) >> 12n)).toBe(host);
        if ((entry & W) !== 0n) {
          expect(theirs & (W | D), 'writable over read-only or clean').toBe(W | D);
        }
      }
    }
    this.auditWriteProtection(shadow, memory.frames);
  }

  /** audit_rmap: the reverse map has each leaf entry that it should have, and no other. */
  auditReverseMap(): void {
    const shadow = this.guest.m.kvm.shadow as Shadow2007;
    const { mmu } = shadow;
    const mapped = new Map<number, number>();
    for (let at = mmu.pages.oldest(); at !== 0; at = mmu.pages.younger(at)) {
      if (((mmu.pages.role[at]! >> 4) & 15) !== 1) continue;
      for (let i = 0; i < 512; i++) {
        const lo = mmu.pages.entryLo(at, i);
        const hi = mmu.pages.entryHi(at, i);
        const frame = ((hi & 0xff) << 20) | (lo >>> 12);
        if (mmu.isMapped(hi, lo)) mapped.set(frame, (mapped.get(frame) ?? 0) + 1);
      }
    }
    for (let gfn = 0; gfn < RAM_PAGES; gfn++) {
      const frame = this.guest.m.kvm.ram.frame(gfn, false);
      expect(mmu.rmap.chains.length(mmu.rmap.head(frame, 1)), `guest frame ${gfn}`).toBe(mapped.get(frame) ?? 0);
    }
  }

  /** No shadow entry lets the guest write to a table that is shadowed. */
  private auditWriteProtection(shadow: Shadow2007, frames: number): void {
    const { pages } = shadow.mmu;
    const { kvm } = this.guest.m;
    const tables = new Set<number>();
    for (let at = pages.oldest(); at !== 0; at = pages.younger(at)) {
      if ((pages.role[at]! & (1 << 16)) === 0) tables.add(kvm.ram.frame(pages.gfn[at]!, false));
    }
    for (let at = pages.oldest(); at !== 0; at = pages.younger(at)) {
      if (((pages.role[at]! >> 4) & 15) !== 1) continue;
      for (let i = 0; i < 512; i++) {
        const lo = pages.entryLo(at, i);
        if ((lo & 3) !== 3 || pages.entryHi(at, i) === -1) continue;
        const frame = ((pages.entryHi(at, i) & 0xff) << 20) | (lo >>> 12);
        expect(frame).toBeLessThan(frames);
        expect(tables.has(frame), 'a writable translation of a shadowed table').toBe(false);
      }
    }
  }
}

const formats: readonly GuestFormat[] = ['32', 'pae', '64'];
const machines: readonly ShadowGuestOptions[] = [
  { vendor: 'intel', kernel: '2.6.24', bypass: 'off' },
  { vendor: 'intel', kernel: '2.6.24', bypass: 'as-posted' },
  { vendor: 'intel', kernel: '2.6.26', bypass: 'off' },
  { vendor: 'intel', kernel: '2.6.26', bypass: 'corrected' },
  { vendor: 'amd', kernel: '2.6.24', bypass: 'as-posted' },
  { vendor: 'amd', kernel: '2.6.26', bypass: 'corrected' },
];

describe('the shadow MMU of 2007 against a plain walk of the guest’s tables', () => {
  it.each(formats.flatMap((format) => machines.map((machine) => ({ format, ...machine }))))(
    '$format guest, $vendor, $kernel, $bypass',
    (options) => {
      const bypasses = options.vendor === 'intel' && options.bypass !== 'off';
      fc.assert(
        fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
          const world = new World(options);
          for (const each of steps) {
            world.run(each);
            world.audit(bypasses);
          }
          world.auditReverseMap();
        }),
        { numRuns: 40 },
      );
    },
  );
});

/** The same search with a bug put into the shadow MMU: it has to find it, and to say in a few steps what it takes. */
describe('a bug put into the shadow MMU of 2007 is found', () => {
  const nothing = (): unknown => undefined;
  const posted = { vendor: 'intel', kernel: '2.6.24', bypass: 'as-posted' } as const;
  const corrected = { vendor: 'intel', kernel: '2.6.26', bypass: 'corrected' } as const;
  const off = { vendor: 'intel', kernel: '2.6.26', bypass: 'off' } as const;
  function notrap(this: Mmu2007, spte: number): void {
    this.set(spte, 0, 0);
  }
  it.each([
    ['notrap after a zap, as posted', posted, Mmu2007, 'setTrap', notrap],
    ['notrap after a zap, as corrected', corrected, Mmu2007, 'setTrap', notrap],
    ['a new table whose frame stays writable (no write-protect)', off, Rmap, 'head', () => 0],
    ['a page-table write that shadow pages are not told of, as posted', posted, PteWrite, 'written', nothing],
    ['and without bypass', off, PteWrite, 'written', nothing],
  ] as const)('%s', (_name, machine, of, method, bug) => {
    const bypasses = machine.bypass !== 'off';
    const report = withBug(of, method, bug as (this: unknown, ...args: never[]) => unknown, () =>
      fc.check(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const world = new World({ format: '64', ...machine });
          for (const each of steps) {
            world.run(each);
            world.audit(bypasses);
          }
        }),
        { numRuns: 100, seed: 2, interruptAfterTimeLimit: 20_000 },
      ),
    );
    expect(report.counterexample).not.toBeNull();
    expect(report.numShrinks).toBeGreaterThan(0);
    expect(report.counterexample![0].length).toBeLessThanOrEqual(10);
  });
});
