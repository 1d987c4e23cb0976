import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { VECTOR } from '../spec/paging.ts';
import { PFERR } from '../spec/vm-exit.ts';
import type { Caches } from './caches.ts';
import type { CpuConfig } from './config.ts';
import { contextTag } from './contexts.ts';
import type { GuestMode } from './guest-mode.ts';
import type { PaeRegisters } from './pae-registers.ts';
import { type TableWalker, WALK_OK } from './table-walker.ts';
import { NEED, NESTED_DENIED, NESTED_DIRTY, NESTED_OK, NO_FRAME, type NestedWalker } from './nested.ts';
import { GUEST_KEY_DENIED, GUEST_OK, guestAllows, KIND, RIGHT, type AccessMode } from './rights.ts';
import { CLASS_MASK, RECORD } from './tag-array.ts';
import type { Tally } from './tally.ts';
import type { Tlb } from './tlb.ts';

const { BASE, FLAGS, MASK, STRIDE } = RECORD;
const { GLOBAL: R_GLOBAL, NR: R_NR, NW: R_NW, NX: R_NX, DIRTY: R_DIRTY } = RIGHT;

const { READ, FETCH, WRITE, RMW } = KIND;
const { RIGHTS } = NEED;
const OK = NESTED_OK;
const DIRTY = NESTED_DIRTY;
const WALKED = WALK_OK;
const ALLOWED = GUEST_OK;
const MASKS = new Int32Array(CLASS_MASK);
const [, MASK_2M = 0] = CLASS_MASK;

/** Answers of a translation. */
export const TRANSLATED = 0;
/** A guest fault: `vector` and `errorCode`. */
export const FAULTED = 1;
/** The second dimension refused: `problem`, `problemNeed` and the guest-physical address. */
const REFUSED = 2;

const FINAL_NEED = new Int32Array([NEED.R, NEED.W, NEED.X, NEED.R | NEED.W]);

/** A walker for each format of the guest's tables. */
interface Walkers {
  /** 8-byte entries: PAE, 4 and 5 levels. */
  readonly long: TableWalker;
  /** 4-byte entries. */
  readonly legacy: TableWalker;
  /** Paging off. */
  readonly identity: TableWalker;
}

/** From a linear address to a host frame: TLBs, guest walk, permission, final nested translation, fills, in this order. */
export class Translator {
  /** Host frame and rights of the page just translated. */
  hfn = 0;
  flags = 0;
  vector = 0;
  errorCode = 0;
  problem = 0;
  problemNeed = 0;
  /** False where no linear address led to the refused access. */
  addressed = true;
  gpaHi = 0;
  gpaLo = 0;
  /** Current context (root and PCID) and that of the root's global pages. */
  context = 0;
  globalContext = 0;
  /** Root of the tables without nesting (a host frame). */
  nativeRoot = 0;

  /** The access under way. */
  private hi = 0;
  private lo = 0;
  private vpn = 0;
  private tag = 0;
  private globalTag = 0;
  private kind = 0;
  private access: AccessMode;
  private second: Tlb;

  private readonly probesCaches: boolean;
  private readonly implicit: AccessMode & { smap: boolean; wp: boolean; smep: boolean; pkru: number };
  private readonly config: CpuConfig;
  /** AMD: a fault is confirmed from memory, and a walk that faults leaves nothing cached. */
  private readonly confirms: boolean;
  readonly mode: GuestMode;
  readonly caches: Caches;
  /** The walker of the guest's present paging mode. */
  walker: TableWalker;
  readonly pae: PaeRegisters;
  private readonly walkers: Walkers;
  readonly nested: NestedWalker | null;
  private readonly tally: Tally;
  private readonly events: Recorder;

  constructor(
    config: CpuConfig,
    mode: GuestMode,
    caches: Caches,
    walkers: Walkers,
    pae: PaeRegisters,
    nested: NestedWalker | null,
    tally: Tally,
    events: Recorder,
  ) {
    this.config = config;
    this.mode = mode;
    this.caches = caches;
    this.walkers = walkers;
    this.walker = walkers.long;
    this.pae = pae;
    this.nested = nested;
    this.tally = tally;
    this.events = events;
    this.implicit = { user: false, wp: false, smep: false, smap: false, pkru: 0 };
    this.access = mode;
    this.second = caches.stlb;
    this.probesCaches = caches.guestPsc.present || caches.tableCache.slots !== 0;
    this.confirms = config.vendor === 'amd' && config.npfDropsTranslation;
  }

  /** Sets the contexts that tag cached mappings, and the walker of the mode. */
  enterContext(context: number, globalContext: number): void {
    const { walkers, mode } = this;
    this.context = context;
    this.globalContext = globalContext;
    this.walker = mode.levels >= 3 ? walkers.long : mode.levels === 2 ? walkers.legacy : walkers.identity;
    this.walker.context = context;
  }

  /** Translates the page of a linear address for one kind of access. `implicit`: a supervisor access whatever CPL and AC say. */
  translate(hiWord: number, loWord: number, kind: number, implicit: boolean): number {
    const { mode, caches } = this;
    const shift = mode.canonicalShift;
    const hi = shift === 31 ? 0 : hiWord | 0;
    const lo = loWord | 0;
    if ((hi << shift) >> shift !== hi) {
      this.vector = VECTOR.GP;
      this.errorCode = 0;
      return FAULTED;
    }
    const vpn = (lo >>> 12) | (hi << 20);
    const tag = contextTag(this.context, hi);
    const globalTag = contextTag(this.globalContext, hi);
    this.hi = hi;
    this.lo = lo;
    this.vpn = vpn;
    this.tag = tag;
    this.globalTag = globalTag;
    this.kind = kind;
    this.access = implicit ? this.implicitMode() : mode;
    const tlb = kind === READ ? caches.dtlb : kind === FETCH ? caches.itlb : caches.storeTlb;
    const second = kind === FETCH ? caches.stlbInstr : caches.stlb;
    this.second = second;
    const slot = tlb.find(vpn, tag, globalTag);
    if (slot !== 0) {
      const cells = tlb.tags.cells;
      const at = slot * STRIDE;
      const flags = cells[at + FLAGS]!;
      if (this.suffices(flags)) {
        tlb.tags.touch(slot);
        tlb.remember(vpn, slot);
        const mask = cells[at + MASK]!;
        this.flags = flags;
        this.hfn = cells[at + BASE]! + (vpn & ~mask);
        if (this.events.on) this.events.emit(EVENT.hw_tlb_hit, 1, pageBytes(mask), hi, lo);
        return TRANSLATED;
      }
      if (!this.config.tlbRightsMissRewalks) {
        const allowed = guestAllows(flags, kind, this.access);
        if (allowed !== ALLOWED) return this.pageFault(allowed === GUEST_KEY_DENIED ? PFERR.P | PFERR.PK : PFERR.P);
      }
      tlb.dropPage(vpn, tag, globalTag);
      second.dropPage(vpn, tag, globalTag);
    } else if (this.secondLevel(tlb, second)) return TRANSLATED;
    return this.walk(tlb);
  }

  /** Drops the translation of a page and, if asked, the upper entries used for it: current context and its global pages. */
  dropLinear(hi: number, vpn: number, wholePage: boolean, upper: boolean): void {
    const tag = contextTag(this.context, hi);
    const globalTag = contextTag(this.globalContext, hi);
    const { tlbs } = this.caches;
    for (let i = 0; i < tlbs.length; i++) {
      const tlb = tlbs[i]!;
      if (wholePage) tlb.dropWholePage(vpn, tag, globalTag);
      else tlb.dropPage(vpn, tag, globalTag);
    }
    if (upper) this.walker.dropUpper(hi >> 12, vpn, tag);
  }

  /** Slot of the second-level TLB that serves the access, copied to the first level; 0 where a walk is needed. */
  private secondLevel(tlb: Tlb, second: Tlb): boolean {
    const { vpn } = this;
    const { tags } = second;
    const slot = second.find(vpn, this.tag, this.globalTag);
    if (slot === 0) return false;
    const { cells } = tags;
    const at = slot * STRIDE;
    const flags = cells[at + FLAGS]!;
    if (!this.suffices(flags)) {
      second.dropPage(vpn, this.tag, this.globalTag);
      return false;
    }
    tags.touch(slot);
    const mask = cells[at + MASK]!;
    const base = cells[at + BASE]!;
    const mine = (flags & R_GLOBAL) !== 0 ? this.globalTag : this.tag;
    tlb.insertNew(mask === -1 ? 0 : mask === MASK_2M ? 1 : 2, vpn, mine, base, flags);
    this.flags = flags;
    this.hfn = base + (vpn & ~mask);
    this.tally.l2Hits++;
    if (this.events.on) this.events.emit(EVENT.hw_tlb_hit, 2, pageBytes(mask), this.hi, this.lo);
    return true;
  }

  private walk(tlb: Tlb): number {
    const { mode, walker, nested } = this;
    this.tally.walks++;
    if (mode.levels !== 0 && this.probesCaches) this.tally.pscProbes++;
    let outcome = this.walkOnce(tlb);
    if (outcome === TRANSLATED) return TRANSLATED;
    const cached = walker.usedCached !== 0 || (outcome === REFUSED && nested !== null && nested.usedCached !== 0);
    if (this.confirms && cached) {
      this.dropUsed(outcome === REFUSED);
      outcome = this.walkOnce(tlb);
      if (outcome === TRANSLATED) return TRANSLATED;
    }
    return outcome === FAULTED ? this.pageFault(walker.faultBits) : this.refuse();
  }

  private walkOnce(tlb: Tlb): number {
    const { mode, walker, nested, vpn, tag, kind } = this;
    const upper = this.hi >> 12;
    walker.usedCached = 0;
    let rootHi = nested === null ? 0 : mode.rootHi;
    let rootLo = nested === null ? this.nativeRoot : mode.rootLo;
    if (mode.levels === 3) {
      const pointer = this.pae.directory(vpn, mode, this.nativeRoot, walker);
      if (pointer !== WALKED) return pointer;
      rootHi = this.pae.gfnHi;
      rootLo = this.pae.gfnLo;
    }
    const found = walker.walk(upper, vpn, tag, mode, rootHi, rootLo);
    if (found !== WALKED) return found;
    const allowed = guestAllows(walker.flags, kind, this.access);
    if (allowed !== ALLOWED) {
      walker.faultBits = allowed === GUEST_KEY_DENIED ? PFERR.P | PFERR.PK : PFERR.P;
      return FAULTED;
    }
    const committed = walker.commit(upper, vpn, kind);
    if (committed !== WALKED) return committed;
    if (!this.confirms) walker.keep(upper, vpn, tag);
    if (nested === null) {
      if (this.confirms) walker.keep(upper, vpn, tag);
      const frame = walker.gfnHi === 0 ? walker.gfnLo : NO_FRAME;
      this.fill(tlb, walker.flags | R_NR | R_NW | R_NX, frame, 2);
      return TRANSLATED;
    }
    const need = FINAL_NEED[kind]!;
    const problem = nested.translate(walker.gfnHi, walker.gfnLo, need);
    if (problem !== OK) {
      walker.problem = problem;
      walker.problemNeed = need;
      walker.problemHi = walker.gfnHi;
      walker.problemLo = walker.gfnLo;
      walker.problemOffset = this.lo & 0xfff;
      return REFUSED;
    }
    if (this.confirms) walker.keep(upper, vpn, tag);
    const flags = (nested.rights & DIRTY) !== 0 ? walker.flags : walker.flags & ~R_DIRTY;
    this.fill(tlb, flags | ((nested.rights & RIGHTS) << 3), nested.hfn, nested.cls);
    return TRANSLATED;
  }

  private fill(tlb: Tlb, flags: number, hfn: number, nestedClass: number): void {
    const { vpn } = this;
    const guestClass = this.walker.cls;
    const cls = guestClass < nestedClass ? guestClass : nestedClass;
    const base = hfn - (vpn & ~MASKS[cls]!);
    const mine = (flags & R_GLOBAL) !== 0 ? this.globalTag : this.tag;
    this.hfn = hfn;
    this.flags = flags;
    this.second.insertNew(cls, vpn, mine, base, flags);
    tlb.insertNew(cls, vpn, mine, base, flags);
    if (this.events.on) this.events.emit(EVENT.hw_tlb_fill, pageBytes(MASKS[cls]!), flags, this.hi, this.lo);
  }

  /** True where a cached entry's rights serve the access under way without a walk. */
  private suffices(flags: number): boolean {
    const { mode, kind } = this;
    if (this.access === mode && (flags & mode.needMask[kind]!) === mode.needWant[kind]) return true;
    const nested = NESTED_RIGHTS[kind]!;
    return (flags & nested) === nested && guestAllows(flags, kind, this.access) === ALLOWED;
  }

  private implicitMode(): AccessMode {
    const { implicit, mode } = this;
    implicit.wp = mode.wp;
    implicit.smep = mode.smep;
    implicit.smap = mode.smapAlways;
    implicit.pkru = mode.pkru;
    return implicit;
  }

  /** #PF: what was cached for the address goes (SDM vol. 3A, 4.10.4.1; APM vol. 2, 5.5.2), the error code is made. */
  private pageFault(bits: number): number {
    const { kind, mode } = this;
    this.dropLinear(this.hi, this.vpn, true, true);
    this.vector = VECTOR.PF;
    this.errorCode =
      bits |
      (kind === WRITE || kind === RMW ? PFERR.W : 0) |
      (this.access.user ? PFERR.U : 0) |
      (kind === FETCH && mode.reportsFetch ? PFERR.FETCH : 0);
    return FAULTED;
  }

  private refusal(): number {
    const { walker } = this;
    this.addressed = true;
    this.problem = walker.problem;
    this.problemNeed = walker.problemNeed;
    this.gpaHi = (walker.problemLo >>> 20) | (walker.problemHi << 12);
    this.gpaLo = (walker.problemLo << 12) | walker.problemOffset;
    return REFUSED;
  }

  /** An EPT violation or nested page fault drops what was cached for the address; a misconfiguration or a full log drops nothing. */
  private refuse(): number {
    const { walker, config } = this;
    this.refusal();
    if (this.problem !== NESTED_DENIED) return REFUSED;
    if (config.nested === 'ept') {
      this.dropLinear(this.hi, this.vpn, false, config.eptViolationDropsPsc);
      this.nested!.dropPage(walker.problemHi, walker.problemLo);
      if (config.eptViolationDropsPsc) this.nested!.dropUpper(walker.problemHi, walker.problemLo);
    } else if (config.npfDropsTranslation) this.dropUsed(true);
    return REFUSED;
  }

  /** A refused access that no linear address led to (PAE pointers loaded by MOV to CR3). Fields are the walker's. */
  refuseUnaddressed(): number {
    const outcome = this.refusal();
    this.addressed = false;
    if (this.problem === NESTED_DENIED) this.nested!.dropPage(this.walker.problemHi, this.walker.problemLo);
    return outcome;
  }

  private dropUsed(nested: boolean): void {
    const { walker } = this;
    this.dropLinear(this.hi, this.vpn, false, true);
    if (!nested) return;
    this.nested!.dropPage(walker.problemHi, walker.problemLo);
    this.nested!.dropUpper(walker.problemHi, walker.problemLo);
  }
}

/** Flags that EPT or NPT and the dirty bits must grant, by kind. */
const NESTED_RIGHTS = new Int32Array([R_NR, R_NW | R_DIRTY, R_NX, R_NR | R_NW | R_DIRTY]);

/** Bytes of a page by the mask of its record. */
const pageBytes = (mask: number): number => (~mask + 1) * 4096;
