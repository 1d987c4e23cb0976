import type { StateSet } from '../base/state.ts';
import type { Geometry } from '../cost/cpu-model.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import { OP, type Instruction } from '../guest/instruction.ts';
import { REG, type GuestRegisters } from '../guest/registers.ts';
import { PARTS_PER_FRAME as PARTS, type HostMemory } from '../memory/host-memory.ts';
import { VECTOR } from '../spec/paging.ts';
import { VmExit } from '../spec/vm-exit.ts';
import { Accounts } from './accounts.ts';
import type { Caches } from './caches.ts';
import { cpuConfig, type CpuConfig } from './config.ts';
import { CONTEXT_BITS, GLOBAL_PCID, type Contexts } from './contexts.ts';
import { Controls } from './controls.ts';
import type { Eviction } from './eviction.ts';
import { fillEptExit, fillNptExit, fillPageFaultExit } from './exits.ts';
import { GuestMode } from './guest-mode.ts';
import type { Invalidation } from './invalidate.ts';
import { PLACE, type LineCache } from './line-cache.ts';
import { executeMemory } from './memory-ops.ts';
import type { EptWalker } from './nested-ept.ts';
import type { NestedWalker } from './nested.ts';
import { KIND_OF } from './op-table.ts';
import { storeOperand } from './operand.ts';
import { CPU_DONE, CPU_EXIT, CPU_FAULT } from './outcome.ts';
import { KIND } from './rights.ts';
import { buildSilicon, registerSilicon } from './silicon.ts';
import { executeString } from './string-ops.ts';
import { executeSystem } from './system-ops.ts';
import { RECORD } from './tag-array.ts';
import { Tally } from './tally.ts';
import { HINTS } from './tlb.ts';
import { FAULTED, type Translator } from './translate.ts';
import type { VirtualIcr } from './virtual-icr.ts';

// Imported constants are read from memory at each use; a module's own are folded into the code. Hence the copies of what hot code uses.
const { STRIDE, LO, HI, MASK, BASE, FLAGS, WORD, BIT, MARKS } = RECORD;
const { READ, WRITE } = OP;
const VMENTRY = STEP['hw.vmentry'];
/** Registers that decide how the guest translates, and the controls beside them. */
const MODE_REGISTERS = REG.AC + 1;
const HINT_MASK = HINTS - 1;
const CONTEXT_SHIFT = CONTEXT_BITS;
const PARTS_PER_FRAME = PARTS;

export { CPU_DONE, CPU_EXIT, CPU_FAULT };

/** A guest fault. #PF: `hi`/`lo` is the address, also in CR2. */
interface GuestFault {
  vector: number;
  errorCode: number;
  hi: number;
  lo: number;
}

interface CpuParts {
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
 * Who ends a path: after CPU_DONE with `ended` 1 the access is accounted for (TLB hits aside, until `flushHits` moves them into the
 * path table; walks there already); after CPU_DONE with `ended` 0, after a fault and after an exit the path is still under way, and whoever
 * completes the instruction calls `paths.end()`. `ended` is only ever 1 for an access that began on an empty path with no recorder on.
 */
export class Cpu {
  readonly fault: GuestFault = { vector: 0, errorCode: 0, hi: 0, lo: 0 };
  readonly exit = new VmExit();
  readonly controls = new Controls();
  readonly config: CpuConfig;
  /** After CPU_DONE: not 0 when the path of this access has been counted already, or will be by `flushHits`. See `Accounts.access`. */
  ended = 0;
  /** Null where a write of the ICR is an MSR_WRITE exit. */
  icr: VirtualIcr | null = null;

  readonly memory: HostMemory;
  readonly paths: PathTable;
  readonly events: Recorder;
  readonly registers: GuestRegisters;
  readonly mode = new GuestMode();
  readonly caches: Caches;
  readonly contexts: Contexts;
  readonly accounts: Accounts;
  readonly translator: Translator;
  readonly invalidation: Invalidation;
  readonly nested: NestedWalker | null;
  /** The EPT walker where EPT is on: it has the page-modification log. */
  readonly ept: EptWalker | null;
  readonly tally = new Tally();
  /** Small id of the nested root in use; 0 without nesting. */
  rootId = 0;

  private readonly lines: LineCache;
  private readonly eviction: Eviction;
  private readonly registersSeen = new Int32Array(MODE_REGISTERS);
  private controlsSeen = 0;
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
  private readonly readCells: Int32Array;
  private readonly writeCells: Int32Array;
  private readonly readHints: number;
  private readonly writeHints: number;

  constructor(parts: CpuParts) {
    const { geometry, memory, events } = parts;
    const config = cpuConfig(geometry, parts.config);
    this.config = config;
    this.memory = memory;
    this.paths = parts.paths;
    this.events = events;
    this.registers = parts.registers;
    const silicon = buildSilicon(geometry, config, this.mode, memory, this.tally, events);
    this.caches = silicon.caches;
    this.contexts = silicon.contexts;
    this.translator = silicon.translator;
    this.invalidation = silicon.invalidation;
    this.nested = silicon.nested;
    this.ept = silicon.ept;
    this.lines = silicon.lines;
    this.eviction = silicon.eviction;
    this.accounts = new Accounts(parts.paths, this.tally, events);
    registerSilicon(silicon, parts.state);
    parts.state.addState(() => [this.controls.at]);
    this.accounts.register(parts.state);
    this.readCells = this.caches.dtlb.tags.cells;
    this.readHints = this.caches.dtlb.tags.hintBase;
    this.writeCells = this.caches.storeTlb.tags.cells;
    this.writeHints = this.caches.storeTlb.tags.hintBase;
    this.gate = config.dataCache || config.evictEvery > 0 ? 1 : 0;
    this.registersSeen[0] = ~this.registers.at[0]!;
    this.registersChanged();
  }

  /** Executes one instruction: CPU_DONE, CPU_FAULT or CPU_EXIT. */
  execute(insn: Instruction): number {
    const op = insn.op;
    const size = insn.size;
    const lo = insn.lo | 0;
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
      const hi = insn.hi | 0;
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
        if (read) this.accounts.readHits++;
        else this.accounts.writeHits++;
        this.ended = 1;
      } else {
        const outcome = this.translator.translate(hi, lo, op, false);
        if (outcome !== 0) {
          this.ended = 0;
          return this.stop(outcome, insn, hi, lo);
        }
        hfn = this.translator.hfn;
        this.ended = this.accounts.access(insn, op);
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
    this.paths.add(VMENTRY);
    if (!this.config.vpid) this.invalidation.allLinear();
    this.registersChanged();
    if (this.nested === null && this.mode.levels === 3) this.translator.pae.forget();
  }

  /** To be called when somebody else wrote the guest's registers or the forced bits of `controls`; `enterGuest` does so itself. */
  registersChanged(): void {
    const { registers, registersSeen: seen, controls, mode } = this;
    const at = registers.at;
    let same = this.controlsSeen === controls.changes;
    for (let r = 0; r < MODE_REGISTERS; r++) {
      if (seen[r] !== at[r]) {
        seen[r] = at[r]!;
        same = false;
      }
    }
    if (same) return;
    this.controlsSeen = controls.changes;
    mode.read(registers, controls);
    this.retag();
  }

  /** Points the vCPU at a nested root, or at the one table in use without nesting (levels 2, 3 PAE, 4, 5). Drops nothing. */
  setRoot(hfn: number, levels: number): void {
    if (this.nested === null) {
      this.translator.nativeRoot = hfn;
      this.controls.nativeRoot = hfn;
      this.controls.nativeLevels = levels;
      this.translator.pae.forget();
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
    this.accounts.flush();
  }

  /** A VM exit whose record is filled: charges the instruction and the exit. */
  raise(insn: Instruction): number {
    this.accounts.exit(insn, KIND_OF[insn.op]!);
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
    this.accounts.charge(insn);
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
    if (this.config.evictEvery > 0) this.eviction.tick();
    const op = insn.op;
    const kind = KIND_OF[op]!;
    if (kind >= 0) return executeMemory(this, insn, kind);
    return op === OP.STOS || op === OP.MOVS ? executeString(this, insn) : executeSystem(this, insn);
  }

  /** SDM vol. 3C, "Other Causes of VM Exits", exceptions: the #PF filter. AMD intercepts all or nothing. */
  private pfExits(code: number): boolean {
    const { exceptionBitmapPf, pfecMask, pfecMatch } = this.controls;
    if (this.config.vendor === 'amd') return exceptionBitmapPf !== 0;
    return (exceptionBitmapPf !== 0) === ((code & pfecMask) === pfecMatch);
  }

  private retag(): void {
    const { translator, contexts, mode } = this;
    translator.enterContext(contexts.id(this.rootId, mode.pcid), contexts.id(this.rootId, GLOBAL_PCID));
    this.context = translator.context << CONTEXT_SHIFT;
    this.globalContext = translator.globalContext << CONTEXT_SHIFT;
    this.shift = mode.canonicalShift;
    this.readMask = mode.needMask[KIND.READ]!;
    this.readWant = mode.needWant[KIND.READ]!;
    this.writeMask = mode.needMask[KIND.WRITE]!;
    this.writeWant = mode.needWant[KIND.WRITE]!;
  }
}
