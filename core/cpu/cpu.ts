import { Random } from '../base/random.ts';
import type { StateSet } from '../base/state.ts';
import type { Geometry } from '../cost/cpu-model.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { FLAG_IMPLICIT, OP, type Instruction } from '../guest/instruction.ts';
import { REG, REG_COUNT, type GuestRegisters } from '../guest/registers.ts';
import { PARTS_PER_FRAME as PARTS, type HostMemory } from '../memory/host-memory.ts';
import { VECTOR } from '../spec/paging.ts';
import { VmExit } from '../spec/vm-exit.ts';
import { modify } from './alu.ts';
import { Caches } from './caches.ts';
import { cpuConfig, type CpuConfig } from './config.ts';
import { Controls } from './controls.ts';
import { CONTEXT_BITS, Contexts, GLOBAL_PCID } from './contexts.ts';
import { fillEptExit, fillNptExit, fillPageFaultExit } from './exits.ts';
import { GuestMode } from './guest-mode.ts';
import { GuestWalker } from './guest-walk.ts';
import { Invalidation } from './invalidate.ts';
import { LineCache, PLACE } from './line-cache.ts';
import { EptWalker } from './nested-ept.ts';
import { NptWalker } from './nested-npt.ts';
import type { NestedWalker } from './nested.ts';
import { KIND_OF, STEP_OF } from './op-table.ts';
import { loadOperand, storeOperand } from './operand.ts';
import { KIND } from './rights.ts';
import { executeString } from './string-ops.ts';
import { executeSystem } from './system-ops.ts';
import { RECORD } from './tag-array.ts';
import { Tally } from './tally.ts';
import { HINTS } from './tlb.ts';
import { FAULTED, TRANSLATED, Translator } from './translate.ts';
import { WalkPaths } from './walk-paths.ts';

// Imported constants are read from memory at each use; a module's own are folded into the code. Hence the copies of what hot code uses.
const { STRIDE, LO, HI, MASK, BASE, FLAGS, WORD, BIT, MARKS } = RECORD;
const { READ, WRITE } = OP;
const HINT_MASK = HINTS - 1;
const CONTEXT_SHIFT = CONTEXT_BITS;
const PARTS_PER_FRAME = PARTS;

/** The instruction is complete: memory is written, `result` holds what a register would. */
export const CPU_DONE = 0;
/** A guest fault, in `fault`. Nothing was written, except by the elements of a string instruction that are complete. */
export const CPU_FAULT = 1;
/** A VM exit, in `exit`. */
export const CPU_EXIT = 2;

/** A guest fault. #PF: `hi`/`lo` is the address, also in CR2. */
export interface GuestFault {
  vector: number;
  errorCode: number;
  hi: number;
  lo: number;
}

export interface CpuParts {
  readonly geometry: Geometry;
  readonly memory: HostMemory;
  readonly paths: PathTable;
  readonly events: Recorder;
  readonly registers: GuestRegisters;
  readonly state: StateSet;
  readonly config: Partial<CpuConfig>;
}

/**
 * The silicon of one vCPU. `execute` does what the manuals say of one instruction, leaves a guest fault or a VM exit as a value, and
 * counts what it did as steps of the path under way.
 *
 * Who ends a path: after CPU_DONE with `ended` 1 the access is accounted for (TLB hits in `hits`, which `flushHits` moves into the path
 * table; walks there already); after CPU_DONE with `ended` 0, after a fault and after an exit the path is still under way, and whoever
 * completes the instruction calls `paths.end()`. `ended` is only ever 1 for an access that began on an empty path with no recorder on.
 */
export class Cpu {
  readonly fault: GuestFault = { vector: 0, errorCode: 0, hi: 0, lo: 0 };
  readonly exit = new VmExit();
  readonly controls = new Controls();
  readonly config: CpuConfig;
  /** After CPU_DONE, not 0 when the path of this access has been counted already: 2 when a hit was counted aside the long way. */
  ended = 0;

  readonly memory: HostMemory;
  readonly paths: PathTable;
  readonly events: Recorder;
  readonly registers: GuestRegisters;
  readonly mode = new GuestMode();
  readonly caches: Caches;
  readonly contexts = new Contexts();
  readonly translator: Translator;
  readonly invalidation: Invalidation;
  readonly nested: NestedWalker | null;
  /** The EPT walker where EPT is on: it has the page-modification log. */
  readonly ept: EptWalker | null;
  readonly tally = new Tally();
  /** Small id of the nested root in use; 0 without nesting. */
  rootId = 0;

  private readonly lines: LineCache;
  private readonly random: Random;
  private readonly registersSeen = new Int32Array(REG_COUNT + 3);
  private nativeLevels = 0;
  // What the short way of `execute` needs, close at hand: copies of what the mode, the translator and the TLBs hold.
  /** 0 when a plain hit may take the short way. */
  private gate = 0;
  private context = 0;
  private globalContext = 0;
  private shift = 16;
  private readMask = 0;
  private readWant = 0;
  private writeMask = 0;
  private writeWant = 0;
  /** Hits taken the short way since `hits` was last brought up to date. */
  private readHits = 0;
  private writeHits = 0;
  private readonly readCells: Int32Array;
  private readonly writeCells: Int32Array;
  private readonly readHints: number;
  private readonly writeHints: number;

  private readonly age = new Int32Array(1);
  /** Hits by kind and TLB level (kind * 2 + level - 1) and how many of them are in the path table already. Both only grow. */
  private readonly hits = new Float64Array(8);
  private readonly flushed = new Float64Array(8);
  private readonly hitNode = new Int32Array(8);
  private readonly walkPaths = new WalkPaths();
  private readonly old = new Int32Array(4);
  private readonly fresh = new Int32Array(4);

  constructor(parts: CpuParts) {
    const { geometry, memory, events } = parts;
    const config = cpuConfig(geometry, parts.config);
    this.config = config;
    this.memory = memory;
    this.paths = parts.paths;
    this.events = events;
    this.registers = parts.registers;
    this.caches = new Caches(geometry, config);
    this.lines = new LineCache(geometry.l1d, geometry.l2, geometry.l3, config.walkerLoadsThroughL1D);
    this.random = new Random(config.seed);
    this.ept =
      config.nested === 'ept' ? new EptWalker(config, memory, this.lines, this.caches, this.tally, events) : null;
    const npt = config.nested === 'npt';
    this.nested = npt ? new NptWalker(config, memory, this.lines, this.caches, this.tally, events) : this.ept;
    const walker = new GuestWalker(config, memory, this.lines, this.caches, this.tally, events, this.nested);
    this.translator = new Translator(config, this.mode, this.caches, walker, this.nested, this.tally, events);
    this.invalidation = new Invalidation(this.caches, this.contexts, this.translator, events);
    this.readCells = this.caches.dtlb.tags.cells;
    this.readHints = this.caches.dtlb.tags.hintBase;
    this.writeCells = this.caches.storeTlb.tags.cells;
    this.writeHints = this.caches.storeTlb.tags.hintBase;
    this.gate = config.dataCache || config.evictEvery > 0 ? 1 : 0;
    this.register(parts.state);
    this.nameHitPaths();
    this.registersSeen[0] = ~this.registers.at[0]!;
    this.registersChanged();
  }

  /** Executes one instruction: CPU_DONE, CPU_FAULT or CPU_EXIT. */
  execute(insn: Instruction): number {
    const op = insn.op;
    const size = insn.size;
    const lo = insn.lo;
    // The short way: an aligned READ or WRITE of up to 8 bytes; the hint finds most pages in the first-level TLB.
    if (
      op <= WRITE &&
      this.gate === 0 &&
      (lo & (size - 1)) === 0 &&
      size <= 8 &&
      insn.flags === 0 &&
      this.paths.node === 0 &&
      !this.events.on
    ) {
      const read = op === READ;
      const hi = insn.hi;
      const shift = this.shift;
      const vpn = (lo >>> 12) | (hi << 20);
      const cells = read ? this.readCells : this.writeCells;
      const at = cells[(read ? this.readHints : this.writeHints) + (vpn & HINT_MASK)]!;
      const mask = cells[at + MASK]!;
      const context = cells[at + HI]! ^ (hi >> 12);
      let hfn: number;
      if (
        ((vpn ^ cells[at + LO]!) & mask) === 0 &&
        (context === this.context || context === this.globalContext) &&
        (hi << shift) >> shift === hi &&
        (cells[at + FLAGS]! & (read ? this.readMask : this.writeMask)) === (read ? this.readWant : this.writeWant)
      ) {
        hfn = cells[at + BASE]! + (vpn & ~mask);
        if ((cells[cells[at + WORD]! + MARKS]! & cells[at + BIT]!) === 0) {
          (read ? this.caches.dtlb : this.caches.storeTlb).tags.touch(at / STRIDE);
        }
        if (read) this.readHits++;
        else this.writeHits++;
        this.ended = 1;
      } else {
        const outcome = this.translator.translate(hi, lo, op, false);
        if (outcome !== 0) return this.stop(outcome, insn, hi, lo);
        hfn = this.translator.hfn;
        this.account(insn, op);
      }
      const memory = this.memory;
      const chunk = memory.chunkOf[hfn * PARTS_PER_FRAME + ((lo >> 8) & 15)]!;
      const word = (chunk << 6) + ((lo >> 2) & 63);
      if (read) {
        const words = memory.words;
        const value = words[word]!;
        const result = insn.result;
        if (size === 4) result[0] = value;
        else if (size === 8) {
          result[0] = value;
          result[1] = words[word + 1]!;
        } else result[0] = (value >>> ((lo & 3) * 8)) & (size === 1 ? 0xff : 0xffff);
        insn.resultWritten = 1;
      } else if (size === 4 && chunk > 0) {
        const words = memory.words;
        const value = insn.data[0]!;
        if (words[word] !== value) {
          words[word] = value;
          memory.changed[0] = 1;
        }
      } else storeOperand(memory, hfn, lo & 0xfff, size, insn.data);
      return CPU_DONE;
    }
    return this.executeSlowly(insn);
  }

  /** VM entry: VMRESUME or VMRUN. Reads the guest's registers again; without VPID linear and combined mappings are dropped. */
  enterGuest(): void {
    this.paths.add(STEP['hw.vmentry']);
    if (!this.config.vpid) this.invalidation.allLinear();
    this.registersChanged();
  }

  /** To be called when somebody else wrote the guest's registers or the forced bits of `controls`; `enterGuest` does so itself. */
  registersChanged(): void {
    const { registers, registersSeen: seen, controls, mode } = this;
    const at = registers.at;
    let same =
      seen[REG_COUNT] === controls.forceCr0 &&
      seen[REG_COUNT + 1] === controls.forceCr4 &&
      seen[REG_COUNT + 2] === controls.forceEfer;
    for (let r = 0; r <= REG.AC; r++) {
      if (seen[r] !== at[r]) {
        seen[r] = at[r]!;
        same = false;
      }
    }
    if (same) return;
    seen[REG_COUNT] = controls.forceCr0;
    seen[REG_COUNT + 1] = controls.forceCr4;
    seen[REG_COUNT + 2] = controls.forceEfer;
    mode.read(registers, [controls.forceCr0, controls.forceCr4, controls.forceEfer], this.nativeLevels);
    this.retag();
  }

  /** Points the vCPU at a nested root, or at the one table in use without nesting (levels 2, 3 PAE, 4, 5). Drops nothing. */
  setRoot(hfn: number, levels: number): void {
    if (this.nested === null) {
      this.translator.nativeRoot = hfn;
      this.nativeLevels = levels;
      this.registersSeen[0] = ~this.registers.at[0]!;
      this.registersChanged();
      return;
    }
    if (this.contexts.exhausted) {
      this.caches.clear();
      this.contexts.reset();
    }
    this.rootId = this.contexts.rootId(hfn);
    this.nested.setRoot(hfn, levels, this.rootId);
    this.retag();
  }

  /** Moves the hits counted aside into the path table and its clock. Call before reading paths or the clock. */
  flushHits(): void {
    this.sumHits();
    for (let i = 0; i < this.hits.length; i++) {
      const more = this.hits[i]! - this.flushed[i]!;
      if (more === 0) continue;
      this.paths.endAt(this.hitNode[i]!, more);
      this.flushed[i] = this.hits[i]!;
    }
  }

  /** Charges what was counted since the instruction began: its own step first, then the walks' in a fixed order. */
  charge(insn: Instruction): void {
    const step = STEP_OF[insn.op]!;
    if (step >= 0) this.paths.add(step);
    this.tally.charge(this.paths);
    this.tally.clear();
  }

  /** A VM exit whose record is filled: charges the instruction and the exit. */
  raise(insn: Instruction): number {
    this.charge(insn);
    this.paths.add(STEP['hw.vmexit']);
    if (!this.config.vpid) this.invalidation.allLinear();
    return CPU_EXIT;
  }

  /** A failed translation becomes a guest fault or an exit. */
  stop(outcome: number, insn: Instruction, hi: number, lo: number): number {
    const { translator, config } = this;
    if (outcome === FAULTED) {
      const code = translator.errorCode;
      if (translator.vector === VECTOR.PF && this.pfExits(code)) {
        fillPageFaultExit(this.exit, config, code, hi, lo);
        return this.raise(insn);
      }
      return this.guestFault(insn, translator.vector, code, hi, lo);
    }
    if (config.nested === 'ept') fillEptExit(this.exit, translator, config, insn, hi, lo);
    else fillNptExit(this.exit, translator, config, insn);
    return this.raise(insn);
  }

  /** A fault that the guest's own handler gets. */
  guestFault(insn: Instruction, vector: number, code: number, hi: number, lo: number): number {
    this.charge(insn);
    this.fault.vector = vector;
    this.fault.errorCode = code;
    this.fault.hi = hi;
    this.fault.lo = lo;
    if (vector === VECTOR.PF) {
      this.registers.at[REG.CR2_LO] = lo;
      this.registers.at[REG.CR2_HI] = hi;
    }
    if (this.events.on) this.events.emit(EVENT.hw_guest_fault, vector, code, hi, lo);
    return CPU_FAULT;
  }

  /** Counts a data access of the cache model, where data goes through it. */
  touchData(hfn: number, offset: number): void {
    if (!this.config.dataCache) return;
    const { chunkOf, words } = this.memory;
    this.lines.cover(words.length);
    const chunk = chunkOf[hfn * PARTS_PER_FRAME + (offset >> 8)] ?? 0;
    const place = this.lines.dataLoad(hfn, offset, chunk * 4 + ((offset >> 6) & 3));
    if (place !== PLACE.L1) this.tally.countData(place);
  }

  private executeSlowly(insn: Instruction): number {
    this.ended = 0;
    if (this.config.evictEvery > 0) this.evict();
    const op = insn.op;
    const kind = KIND_OF[op]!;
    if (kind < 0) {
      if (op === OP.STOS || op === OP.MOVS) return executeString(this, insn);
      return executeSystem(this, insn);
    }
    const offset = insn.lo & 0xfff;
    const outcome = offset + insn.size > 4096 ? this.splitAccess(insn, kind, 4096 - offset) : this.access(insn, kind);
    if (outcome !== CPU_DONE) return outcome;
    this.account(insn, kind);
    return CPU_DONE;
  }

  /** Counts a memory access that is complete: plain hits and plain walks on an empty path aside, all others as steps of the path. */
  private account(insn: Instruction, kind: number): void {
    const { tally, paths } = this;
    this.ended = 0;
    if (paths.node !== 0 || this.events.on) {
      this.charge(insn);
      return;
    }
    if (tally.walks === 0 && tally.l2Hits <= 1 && tally.simple) {
      this.hits[kind * 2 + tally.l2Hits]!++;
      tally.l2Hits = 0;
      this.ended = 2;
      return;
    }
    if (this.walkPaths.end(paths, tally, kind)) {
      tally.clear();
      this.ended = 1;
      return;
    }
    const key = tally.walkKey(kind);
    const far = tally.farKey;
    this.charge(insn);
    this.walkPaths.learn(key, far, paths.node);
  }

  private access(insn: Instruction, kind: number): number {
    const { translator, memory } = this;
    const { lo, size } = insn;
    if ((lo & 63) + size > 64) this.tally.lineSplits++;
    const outcome = translator.translate(insn.hi, lo, kind, (insn.flags & FLAG_IMPLICIT) !== 0);
    if (outcome !== TRANSLATED) return this.stop(outcome, insn, insn.hi, lo);
    const hfn = translator.hfn;
    const offset = lo & 0xfff;
    if (kind === KIND.FETCH) return CPU_DONE;
    this.touchData(hfn, offset);
    if (kind === KIND.WRITE) storeOperand(memory, hfn, offset, size, insn.data);
    else if (kind === KIND.READ) {
      loadOperand(memory, hfn, offset, size, insn.result);
      insn.resultWritten = 1;
    } else {
      loadOperand(memory, hfn, offset, size, this.old);
      modify(insn, this.old, this.fresh);
      storeOperand(memory, hfn, offset, size, this.fresh);
      this.returnOld(insn);
    }
    return CPU_DONE;
  }

  /** An access that crosses a page: both pages are translated and checked before a byte moves. */
  private splitAccess(insn: Instruction, kind: number, first: number): number {
    const { translator, memory, old, fresh } = this;
    const { size, lo } = insn;
    const implicit = (insn.flags & FLAG_IMPLICIT) !== 0;
    const lo2 = (lo + first) | 0;
    const hi2 = lo2 === 0 ? (insn.hi + 1) | 0 : insn.hi;
    const lowFirst = this.config.pageCrossFaultOrder === 'low';
    this.tally.pageSplits++;
    let outcome = translator.translate(lowFirst ? insn.hi : hi2, lowFirst ? lo : lo2, kind, implicit);
    if (outcome !== TRANSLATED) return this.stop(outcome, insn, lowFirst ? insn.hi : hi2, lowFirst ? lo : lo2);
    const one = translator.hfn;
    outcome = translator.translate(lowFirst ? hi2 : insn.hi, lowFirst ? lo2 : lo, kind, implicit);
    if (outcome !== TRANSLATED) return this.stop(outcome, insn, lowFirst ? hi2 : insn.hi, lowFirst ? lo2 : lo);
    const low = lowFirst ? one : translator.hfn;
    const high = lowFirst ? translator.hfn : one;
    if (kind === KIND.FETCH) return CPU_DONE;
    const offset = lo & 0xfff;
    this.touchData(low, offset);
    this.touchData(high, 0);
    if (kind !== KIND.WRITE) {
      readParts(memory, low, offset, first, high, size - first, old);
      if (kind === KIND.RMW) modify(insn, old, fresh);
      this.returnOld(insn);
      if (kind === KIND.READ) return CPU_DONE;
    }
    const from = kind === KIND.WRITE ? insn.data : fresh;
    writeParts(memory, low, offset, first, high, size - first, from);
    return CPU_DONE;
  }

  private returnOld(insn: Instruction): void {
    const { old } = this;
    for (let w = 0; w * 4 < insn.size; w++) insn.result[w] = old[w]!;
    // Of a crossing operand only its bytes were gathered.
    if (insn.size < 4) insn.result[0]! &= (1 << (insn.size * 8)) - 1;
    insn.resultWritten = 1;
  }

  /** SDM vol. 3C, "Other Causes of VM Exits", exceptions: the #PF filter. AMD intercepts all or nothing. */
  private pfExits(code: number): boolean {
    const { exceptionBitmapPf, pfecMask, pfecMatch } = this.controls;
    if (this.config.vendor === 'amd') return exceptionBitmapPf !== 0;
    return (exceptionBitmapPf !== 0) === ((code & pfecMask) === pfecMatch);
  }

  private retag(): void {
    const { translator, contexts, mode } = this;
    translator.context = contexts.id(this.rootId, mode.pcid);
    translator.globalContext = contexts.id(this.rootId, GLOBAL_PCID);
    translator.walker.context = translator.context;
    this.context = translator.context << CONTEXT_SHIFT;
    this.globalContext = translator.globalContext << CONTEXT_SHIFT;
    this.shift = mode.canonicalShift;
    this.readMask = mode.needMask[KIND.READ]!;
    this.readWant = mode.needWant[KIND.READ]!;
    this.writeMask = mode.needMask[KIND.WRITE]!;
    this.writeWant = mode.needWant[KIND.WRITE]!;
  }

  /** Anything may be dropped at any time: now and then something is, at random. */
  private evict(): void {
    this.age[0]!++;
    if (this.age[0]! < this.config.evictEvery) return;
    this.age[0] = 0;
    const { random, caches } = this;
    const arrays = [
      ...caches.tlbs.map((tlb) => tlb.tags),
      caches.guestPsc.tags,
      caches.nestedPsc.tags,
      caches.nestedTlb,
      caches.tableCache,
    ];
    for (const tags of arrays) {
      if (tags.slots === 0) continue;
      if (random.below(4) === 0) tags.clear();
      else for (let n = 0; n < 4; n++) tags.drop(1 + random.below(tags.slots));
    }
    this.lines.evict(random.next());
  }

  private register(state: StateSet): void {
    this.caches.register(state);
    this.lines.register(state);
    state.addState(() => [this.random.state, this.age]);
    if (this.ept !== null) {
      const { pml } = this.ept;
      state.addState(() => [pml]);
    }
    state.addCounters(() => {
      this.sumHits();
      return [this.hits, this.flushed];
    });
  }

  private sumHits(): void {
    this.hits[KIND.READ * 2]! += this.readHits;
    this.hits[KIND.WRITE * 2]! += this.writeHits;
    this.readHits = 0;
    this.writeHits = 0;
  }

  /** Finds the tree nodes of the eight plain paths, leaving every count as it was. */
  private nameHitPaths(): void {
    const { paths, hitNode } = this;
    const steps = [STEP['guest.read'], STEP['guest.write'], STEP['guest.fetch'], STEP['guest.rmw']];
    steps.forEach((step, kind) => {
      for (let level = 0; level < 2; level++) {
        paths.add(step);
        if (level === 1) paths.add(STEP['guest.dtlb_l2_hit']);
        hitNode[kind * 2 + level] = paths.node;
        paths.end();
        paths.endAt(hitNode[kind * 2 + level]!, -1);
      }
    });
  }
}

function readParts(
  memory: HostMemory,
  low: number,
  at: number,
  n: number,
  high: number,
  m: number,
  out: Int32Array,
): void {
  memory.readBytes(low, at, n, out, 0);
  memory.readBytes(high, 0, m, out, n);
}

function writeParts(
  memory: HostMemory,
  low: number,
  at: number,
  n: number,
  high: number,
  m: number,
  from: Int32Array,
): void {
  memory.writeBytes(low, at, n, from, 0);
  memory.writeBytes(high, 0, m, from, n);
}
