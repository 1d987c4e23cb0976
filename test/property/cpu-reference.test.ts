import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from '../../core/cpu/cpu.ts';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, EFER, REG } from '../../core/guest/registers.ts';
import { EXIT_REASON, SVM_EXIT } from '../../core/spec/vm-exit.ts';
import { type Answer, type Kind, type ReferenceMachine, referenceTranslate } from '../driver/reference-walk.ts';
import { AMD, INTEL, TestVcpu } from '../driver/vcpu.ts';

const KINDS: readonly Kind[] = ['read', 'write', 'fetch', 'rmw'];
const OPS = { read: OP.READ, write: OP.WRITE, fetch: OP.FETCH, rmw: OP.ADD } as const;
const MAXPHYADDR = 46;

/** Pages of the guest, as distances from a base: neighbours, and one under other tables of each level. */
const PAGES = [0n, 0x1000n, 0x20_0000n, 0x4000_0000n, 0x80_0000_0000n];
/** Bits that a spoiled entry may differ in. */
const BITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 20, 21, 29, 45, 46, 51, 52, 59, 60, 62, 63];

const spoil = fc.record({
  tree: fc.constantFrom('guest' as const, 'nested' as const),
  page: fc.nat(PAGES.length - 1),
  /** For the nested tree: the page of this level's guest table, or (0) of the data. */
  of: fc.nat(5),
  level: fc.integer({ min: 1, max: 5 }),
  bits: fc.uniqueArray(fc.constantFrom(...BITS), { minLength: 1, maxLength: 2 }),
});
const access = fc.record({
  kind: fc.constantFrom(...KINDS),
  page: fc.nat(PAGES.length - 1),
  offset: fc.oneof(fc.constantFrom(0, 1, 60, 4090, 4095), fc.nat(4095)),
  size: fc.constantFrom(1, 2, 4, 8, 16),
  noncanonical: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
const recipe = fc.record({
  nested: fc.constantFrom('ept' as const, 'npt' as const, 'none' as const),
  guestLevels: fc.constantFrom(4 as const, 4 as const, 5 as const, 3 as const, 2 as const),
  nestedLevels: fc.constantFrom(4 as const, 5 as const),
  eptAd: fc.boolean(),
  executeOnly: fc.boolean(),
  p1g: fc.boolean(),
  large: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: PAGES.length, maxLength: PAGES.length }),
  high: fc.boolean(),
  user: fc.boolean(),
  wp: fc.boolean(),
  smep: fc.boolean(),
  smap: fc.boolean(),
  ac: fc.boolean(),
  nxe: fc.boolean(),
  pge: fc.boolean(),
  pkru: fc.option(fc.integer()),
  rewalks: fc.boolean(),
  vpid: fc.boolean(),
  rounds: fc.array(
    fc.record({ spoils: fc.array(spoil, { maxLength: 2 }), accesses: fc.array(access, { maxLength: 10 }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never;

class Side {
  readonly vcpu: TestVcpu;
  readonly base: bigint;
  private readonly recipe: Recipe;
  private readonly gfns: number[] = [];

  constructor(r: Recipe, evictEvery: number) {
    this.recipe = r;
    const { nested, eptAd, executeOnly, p1g, guestLevels, nestedLevels } = r;
    this.vcpu = new TestVcpu({
      spread: true,
      guestLevels,
      nestedLevels,
      geometry: { ...(nested === 'npt' ? AMD : INTEL), maxphyaddr: MAXPHYADDR },
      config: { nested, eptAd, executeOnly, p1g, evictEvery, vpid: r.vpid, tlbRightsMissRewalks: r.rewalks },
    });
    this.base =
      guestLevels < 4
        ? 0x4000_0000n
        : r.high
          ? guestLevels === 4
            ? 0xffff_8000_0000_0000n
            : 0xff00_0000_0000_0000n
          : 0n;
    PAGES.forEach((_, page) => this.map(page));
    const { at } = this.vcpu.registers;
    at[REG.CR0] = CR0.PE | CR0.PG | (r.wp ? CR0.WP : 0);
    at[REG.CR4]! |= (r.smep ? CR4.SMEP : 0) | (r.smap ? CR4.SMAP : 0) | (r.pkru === null ? 0 : CR4.PKE);
    at[REG.CR4]! &= r.pge ? ~0 : ~CR4.PGE;
    at[REG.EFER]! &= r.nxe ? ~0 : ~EFER.NXE;
    at[REG.CPL] = r.user ? 3 : 0;
    at[REG.AC] = r.ac ? 1 : 0;
    at[REG.PKRU] = r.pkru ?? 0;
    this.vcpu.cpu.registersChanged();
  }

  address(page: number): bigint {
    const distance = PAGES[page]!;
    // 32-bit guests have no room for the last page: it doubles the first.
    return this.recipe.guestLevels < 4 && page === PAGES.length - 1 ? this.base : this.base + distance;
  }

  get reference(): ReferenceMachine {
    const r = this.recipe;
    const { vcpu } = this;
    return {
      memory: vcpu.memory,
      nested: r.nested,
      nestedRoot: vcpu.nested?.root ?? 0,
      nestedLevels: r.nestedLevels,
      guestLevels: r.guestLevels,
      guestRoot: vcpu.guest.root,
      eptAd: r.eptAd,
      executeOnly: r.executeOnly,
      maxphyaddr: MAXPHYADDR,
      p1g: r.p1g,
      user: r.user,
      wp: r.wp,
      smep: r.smep,
      smap: r.smap,
      ac: r.ac,
      nxe: r.nxe,
      pse: r.guestLevels === 2,
      pkru: r.guestLevels >= 4 ? r.pkru : null,
    };
  }

  /** Changes bits of one entry, on whatever level the trees have. */
  spoil({
    tree,
    page,
    of,
    level,
    bits,
  }: {
    tree: string;
    page: number;
    of: number;
    level: number;
    bits: readonly number[];
  }): void {
    const { vcpu } = this;
    const r = this.recipe;
    let change = 0n;
    for (const n of bits) change |= 1n << BigInt(n);
    if (tree === 'guest' || vcpu.nested === null) {
      if (r.guestLevels === 2) change &= 0xffff_ffffn;
      const at = Math.min(Math.max(level, this.leafOf(page)), r.guestLevels);
      vcpu.guest.setEntry(this.address(page), at, vcpu.guest.entry(this.address(page), at) ^ change);
      return;
    }
    const guestLevel = Math.min(Math.max(of, this.leafOf(page)), r.guestLevels);
    const frame = of === 0 ? this.gfns[page]! : vcpu.guest.place(this.address(page), guestLevel).frame;
    const nestedLeaf = of === 0 ? this.nestedLeafOf(page) : 1;
    const at = Math.min(Math.max(level, nestedLeaf), r.nestedLevels);
    const gpa = BigInt(frame) << 12n;
    vcpu.nested.setEntry(gpa, at, vcpu.nested.entry(gpa, at) ^ change);
  }

  flush(): void {
    this.vcpu.cpu.invalidation.everything();
    this.vcpu.cpu.translator.pae.forget();
  }

  private leafOf(page: number): number {
    const wanted = this.recipe.large[page]!;
    // Pages that share tables stay small; PAE and 32-bit paging have no third level to map at.
    return page < 2 || this.recipe.guestLevels < 4 ? 1 : Math.min(wanted, page === 2 ? 2 : this.recipe.p1g ? 3 : 2);
  }

  private nestedLeafOf(page: number): number {
    return this.recipe.large[page]! >= 2 ? 2 : 1;
  }

  private map(page: number): void {
    const { vcpu } = this;
    const leaf = this.leafOf(page);
    if (vcpu.nested === null) {
      const hfn = vcpu.memory.allocFrames(leaf === 1 ? 4 : 512, leaf === 1 ? 4 : 512);
      const frame = leaf === 3 ? 0 : hfn;
      this.gfns.push(frame);
      vcpu.mapGuest(this.address(page), frame, undefined, leaf);
      return;
    }
    const gfn = (page + 1) << 18;
    this.gfns.push(gfn);
    vcpu.backGuest(gfn, this.nestedLeafOf(page));
    vcpu.mapGuest(this.address(page), gfn, undefined, leaf);
  }
}

const bytesOf = (op: string, value: bigint, size: number): bigint => BigInt.asUintN(size * 8, op === 'x' ? 0n : value);

/** What the reference says of one access: done with a value read, or refused. */
function refer(
  side: Side,
  kind: Kind,
  gva: bigint,
  size: number,
  data: bigint,
): { answer: Answer; value: bigint; at: bigint } {
  const m = side.reference;
  const wrap = m.guestLevels < 4 ? 32 : 64;
  const first = Number(0x1000n - (gva & 0xfffn));
  const parts =
    first >= size
      ? [{ gva, n: size }]
      : [
          { gva, n: first },
          { gva: BigInt.asUintN(wrap, gva + BigInt(first)), n: size - first },
        ];
  const frames: { hfn: number; offset: number; n: number }[] = [];
  for (const part of parts) {
    const answer = referenceTranslate(m, part.gva, kind);
    if (answer.to !== 'memory') return { answer, value: 0n, at: part.gva };
    frames.push({ hfn: answer.hfn, offset: Number(part.gva & 0xfffn), n: part.n });
  }
  const { memory } = m;
  const bytes = frames.flatMap(({ hfn, offset, n }) =>
    Array.from({ length: n }, (_, i) => ({ hfn, offset: offset + i })),
  );
  const backed = (hfn: number): boolean => hfn < memory.frames;
  let old = 0n;
  bytes.forEach(({ hfn, offset }, i) => {
    if (backed(hfn)) old |= BigInt(memory.byte(hfn, offset)) << BigInt(i * 8);
  });
  const next = bytesOf('', kind === 'rmw' ? old + data : data, size);
  if (kind === 'write' || kind === 'rmw') {
    bytes.forEach(({ hfn, offset }, i) => {
      if (backed(hfn)) memory.setByte(hfn, offset, Number((next >> BigInt(i * 8)) & 0xffn));
    });
  }
  return { answer: { to: 'memory', hfn: frames[0]!.hfn }, value: old, at: gva };
}

function run(side: Side, kind: Kind, gva: bigint, size: number, data: bigint): number {
  const { vcpu } = side;
  const { insn } = vcpu;
  insn.clear(OPS[kind], size, Number(gva >> 32n) | 0, Number(gva & 0xffff_ffffn) | 0);
  for (let w = 0; w < 4; w++) insn.data[w] = Number((data >> BigInt(w * 32)) & 0xffff_ffffn) | 0;
  const outcome = vcpu.cpu.execute(insn);
  if (outcome === CPU_EXIT) vcpu.cpu.enterGuest();
  if (vcpu.cpu.ended === 0 || outcome !== CPU_DONE) vcpu.paths.end();
  return outcome;
}

/** The same form for what the silicon did. */
function seen(side: Side, outcome: number): Answer {
  const { exit, fault } = side.vcpu.cpu;
  if (outcome === CPU_DONE) return { to: 'memory', hfn: 0 };
  if (outcome === CPU_FAULT) return { to: 'fault', vector: fault.vector, code: fault.errorCode };
  const { gpa } = side.vcpu;
  if (exit.reason === EXIT_REASON.EPT_MISCONFIG) return { to: 'misconfig', gpa };
  if (exit.reason === EXIT_REASON.EPT_VIOLATION) return { to: 'violation', gpa, qualification: exit.qualification };
  expect(exit.reason).toBe(SVM_EXIT.NPF);
  return { to: 'npf', gpa, info: (BigInt(exit.infoHi) << 32n) | BigInt(exit.qualification) };
}

function sameMemory(a: Side, b: Side): void {
  const one = a.vcpu.memory;
  const two = b.vcpu.memory;
  expect(one.frames).toBe(two.frames);
  for (let slot = 0; slot < one.frames * 16; slot++) {
    if (one.chunkOf[slot] === 0 && two.chunkOf[slot] === 0) continue;
    for (let w = 0; w < 64; w++) {
      const word = (slot & 15) * 64 + w;
      if (one.word(slot >> 4, word) !== two.word(slot >> 4, word)) {
        expect(`frame ${slot >> 4} word ${word}: ${one.word(slot >> 4, word).toString(16)}`).toBe(
          two.word(slot >> 4, word).toString(16),
        );
      }
    }
  }
}

function play(r: Recipe, evictEvery: number): void {
  const silicon = new Side(r, evictEvery);
  const reference = new Side(r, 0);
  let data = 0x0123_4567_89ab_cdef_1122_3344_5566_7788n;
  for (const { spoils, accesses } of r.rounds) {
    for (const one of spoils) {
      silicon.spoil(one);
      reference.spoil(one);
    }
    silicon.flush();
    for (const { kind, page, offset, size, noncanonical } of accesses) {
      data = BigInt.asUintN(128, data * 5n + 1n);
      let gva = silicon.address(page) + BigInt(offset);
      if (noncanonical && r.guestLevels >= 4) gva = BigInt.asUintN(64, gva ^ (1n << 60n));
      const bytes = kind === 'fetch' ? 1 : kind === 'rmw' ? Math.min(size, 8) : size;
      const value = BigInt.asUintN(bytes * 8, data);
      const { answer, value: old, at } = refer(reference, kind, gva, bytes, value);
      const outcome = run(silicon, kind, gva, bytes, value);
      const got = seen(silicon, outcome);
      expect(got).toEqual(answer.to === 'memory' ? { ...answer, hfn: 0 } : answer);
      if (outcome === CPU_DONE && (kind === 'read' || kind === 'rmw')) {
        const { result } = silicon.vcpu.insn;
        let read = 0n;
        for (let w = 0; w * 4 < bytes; w++) read |= BigInt(result[w]! >>> 0) << BigInt(w * 32);
        expect(BigInt.asUintN(bytes * 8, read)).toBe(old);
      }
      if (answer.to === 'fault' && answer.vector === 14) {
        expect(BigInt(silicon.vcpu.registers.at[REG.CR2_LO]! >>> 0)).toBe(at & 0xffff_ffffn);
      }
    }
  }
  sameMemory(silicon, reference);
}

describe('the silicon against a walker without caches', () => {
  const runs = 400;
  it('same outcome, same value, same memory', () => {
    fc.assert(
      fc.property(recipe, (r) => play(r, 0)),
      { numRuns: runs },
    );
  });

  it('random eviction changes nothing that the guest or the hypervisor sees', () => {
    fc.assert(
      fc.property(recipe, fc.integer({ min: 1, max: 4 }), (r, every) => play(r, every)),
      { numRuns: runs },
    );
  });
});
