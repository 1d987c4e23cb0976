import { StateSet } from '../../core/base/state.ts';
import { bigHi, bigLo, wordsToBig } from '../../core/base/words.ts';
import type { Geometry } from '../../core/cost/cpu-model.ts';
import { PathTable } from '../../core/cost/paths.ts';
import { STEP_COUNT, STEPS } from '../../core/cost/steps.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { Cpu } from '../../core/cpu/cpu.ts';
import { Recorder } from '../../core/events/recorder.ts';
import { Instruction, OP } from '../../core/guest/instruction.ts';
import { CR0, CR4, EFER, GuestRegisters, REG } from '../../core/guest/registers.ts';
import { HostMemory } from '../../core/memory/host-memory.ts';
import { A, D, EPT_A, EPT_D, EPT_RWX, EPT_WB, P, TableTree, U, W } from './tables.ts';

const source = 'test';
const tlb = (entries: number, ways: number) => ({ entries, ways, source });

/** A Skylake-like geometry. */
export const INTEL: Geometry = {
  dtlb: { p4k: tlb(64, 4), p2m: tlb(32, 4), p1g: tlb(4, 4) },
  storeDtlb: null,
  itlb: { p4k: tlb(64, 8), p2m: tlb(8, 8), p1g: null },
  stlb: {
    p4k: null,
    p2m: null,
    p1g: tlb(16, 4),
    shared: { sizes: ['4K', '2M'], geometry: tlb(1536, 12) },
  },
  stlbInstr: null,
  psc: { kind: 'split', pml5: 2, pml4: 4, pdpt: 8, pd: 32, source },
  nestedTlb: { entries: 64, source },
  l1d: { bytes: 32 << 10, ways: 8, source },
  l2: { bytes: 1 << 20, ways: 16, source },
  l3: { bytes: 16 << 20, ways: 16, source },
  maxphyaddr: 46,
  source,
};

/** A Zen-4-like geometry. */
export const AMD: Geometry = {
  ...INTEL,
  dtlb: { p4k: null, p2m: null, p1g: null, shared: { sizes: ['4K', '2M', '1G'], geometry: tlb(72, 72) } },
  itlb: { p4k: null, p2m: null, p1g: null, shared: { sizes: ['4K', '2M', '1G'], geometry: tlb(64, 64) } },
  stlb: { p4k: null, p2m: null, p1g: tlb(64, 64), shared: { sizes: ['4K', '2M'], geometry: tlb(3072, 12) } },
  stlbInstr: { p4k: null, p2m: null, p1g: null, shared: { sizes: ['4K', '2M'], geometry: tlb(512, 8) } },
  psc: { kind: 'unified', entries: 64, source },
  l2: { bytes: 1 << 20, ways: 8, source },
  l3: { bytes: 32 << 20, ways: 16, source },
  maxphyaddr: 48,
};

/** No paging-structure caches and no nested TLB: every walk is a full one. */
export const BARE = { pscSizes: [0, 0, 0, 0] as const, nestedTlbEntries: 0 };

interface VcpuSpec {
  readonly config?: Partial<CpuConfig>;
  readonly geometry?: Geometry;
  /** 2: 32-bit paging, 3: PAE, 4, 5. */
  readonly guestLevels?: 2 | 3 | 4 | 5;
  readonly nestedLevels?: 4 | 5;
  readonly prices?: Float64Array;
  /** Leaves three frames unused after each table and page, so that an entry whose low address bits are spoilt leads nowhere. */
  readonly spread?: boolean;
}

const LEAF = P | W | U | A | D;

/** One vCPU with guest tables and a second dimension that a test may edit entry by entry. Long mode, CPL 0, WP and NXE on. */
export class TestVcpu {
  readonly memory = new HostMemory();
  readonly registers = new GuestRegisters();
  readonly events = new Recorder(1 << 12);
  readonly state = new StateSet();
  readonly paths: PathTable;
  readonly cpu: Cpu;
  readonly insn = new Instruction();
  /** The guest's own tables: addresses are guest-virtual, frames guest-physical. */
  readonly guest: TableTree;
  /** EPT or NPT: addresses are guest-physical, frames host-physical. Null without nesting. */
  readonly nested: TableTree | null;
  private readonly hostFrames = new Map<number, number>();
  private nextTable = 0x1000;
  private readonly step: number;
  private readonly leafBits: bigint;

  constructor(spec: VcpuSpec = {}) {
    const { memory, registers } = this;
    this.step = spec.spread === true ? 4 : 1;
    const mode = spec.config?.nested ?? 'ept';
    const nestedLevels = spec.nestedLevels ?? 4;
    const guestLevels = spec.guestLevels ?? 4;
    this.leafBits = mode === 'npt' ? LEAF : EPT_RWX | EPT_WB | EPT_A | EPT_D;
    this.nested =
      mode === 'none'
        ? null
        : new TableTree(memory, {
            levels: nestedLevels,
            upper: mode === 'npt' ? LEAF & ~D : EPT_RWX | EPT_A,
            allocTable: () => this.allocHostFrame(),
            hostOf: (frame) => frame,
          });
    this.guest = new TableTree(memory, {
      levels: guestLevels,
      upper: P | W | U | A,
      ...(guestLevels === 2 ? { entryBytes: 4 as const } : {}),
      ...(guestLevels === 3 ? { top: P } : {}),
      allocTable: () => this.allocGuestFrame(),
      hostOf: (frame) => this.hostOf(frame),
    });
    this.paths = new PathTable(spec.prices ?? new Float64Array(STEP_COUNT).fill(1));
    registers.at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
    registers.at[REG.CR4] = CR4.PGE | (guestLevels === 2 ? CR4.PSE : CR4.PAE) | (guestLevels === 5 ? CR4.LA57 : 0);
    registers.at[REG.EFER] = EFER.NXE | (guestLevels >= 4 ? EFER.LME | EFER.LMA : 0);
    registers.at[REG.CR3_LO] = this.guest.root << 12;
    this.cpu = new Cpu({
      geometry: spec.geometry ?? (mode === 'npt' ? AMD : INTEL),
      memory,
      paths: this.paths,
      events: this.events,
      registers,
      state: this.state,
      config: { nested: mode, ...spec.config },
    });
    if (this.nested) this.cpu.setRoot(this.nested.root, nestedLevels);
    else this.cpu.setRoot(this.guest.root, guestLevels);
  }

  private allocHostFrame(): number {
    return this.memory.allocFrames(this.step, this.step);
  }

  /** A new guest frame backed by host memory, mapped 4K, all rights. Without nesting guest and host frames are the same. */
  allocGuestFrame(): number {
    if (this.nested === null) return this.allocHostFrame();
    const gfn = this.nextTable;
    this.nextTable += this.step;
    this.backGuest(gfn);
    return gfn;
  }

  /** Backs a guest page (of a nested level) by new host memory. */
  backGuest(gfn: number, level = 1, bits: bigint = this.leafBits): number {
    const pages = 512 ** (level - 1);
    const hfn = this.memory.allocFrames(Math.max(pages, this.step), Math.max(pages, this.step));
    this.nested!.map(BigInt(gfn) << 12n, hfn, bits, level);
    for (let i = 0; i < Math.min(pages, 512); i++) this.hostFrames.set(gfn + i, hfn + i);
    return hfn;
  }

  /** Host frame of a guest frame that this driver backed. */
  hostOf(gfn: number): number {
    return this.nested === null ? gfn : this.hostFrames.get(gfn)!;
  }

  /**
   * Moves the guest's own tables onto host pages of a larger size: the guest frames of the tables are mapped by one nested leaf of `level`.
   * Their contents are copied. Only what is mapped so far moves.
   */
  retable(level: number): void {
    const pages = 512 ** (level - 1);
    const first = Math.floor(0x1000 / pages) * pages;
    const base = this.memory.allocFrames(Math.min(pages, 0x2000), pages);
    for (let gfn = 0x1000; gfn < this.nextTable; gfn++) {
      const to = base + gfn - first;
      for (let w = 0; w < 1024; w++) this.memory.setWord(to, w, this.memory.word(this.hostOf(gfn), w));
      this.hostFrames.set(gfn, to);
    }
    this.nested!.map(BigInt(first) << 12n, base, this.leafBits, level);
  }

  /** Maps a guest page (of a guest level) onto a guest frame. */
  mapGuest(gva: bigint, gfn: number, bits: bigint = LEAF, level = 1): void {
    this.guest.map(gva, gfn, bits, level);
  }

  /** A fresh page at `gva`, backed and mapped with all rights; returns its guest frame. */
  page(gva: bigint, bits: bigint = LEAF): number {
    const gfn = this.allocGuestFrame();
    this.mapGuest(gva, gfn, bits);
    return gfn;
  }

  /** Executes one instruction and, if it is complete or failed, ends its path. */
  run(op: number, gva: bigint, size = 8, value = 0n): number {
    this.insn.clear(op, size, bigHi(gva), bigLo(gva));
    this.insn.data[0] = bigLo(value) | 0;
    this.insn.data[1] = bigHi(value) | 0;
    const outcome = this.cpu.execute(this.insn);
    if (this.cpu.ended === 0) this.paths.end();
    return outcome;
  }

  read(gva: bigint, size = 8): number {
    return this.run(OP.READ, gva, size);
  }

  write(gva: bigint, value: bigint, size = 8): number {
    return this.run(OP.WRITE, gva, size, value);
  }

  fetch(gva: bigint): number {
    return this.run(OP.FETCH, gva, 1);
  }

  get result(): bigint {
    const { result } = this.insn;
    return wordsToBig(result[1]!, result[0]!);
  }

  get gpa(): bigint {
    return wordsToBig(this.cpu.exit.gpaHi, this.cpu.exit.gpaLo);
  }

  /** Sets a guest register and tells the CPU. */
  set(register: number, value: number): void {
    this.registers.at[register] = value;
    this.cpu.registersChanged();
  }

  /** Steps of everything executed so far, by name; clears nothing. */
  steps(): Record<string, number> {
    this.cpu.flushHits();
    const sum: Record<string, number> = {};
    for (const { steps, count } of this.paths.rows()) {
      for (const { step, times } of steps) {
        const { name } = STEPS[step]!;
        sum[name] = (sum[name] ?? 0) + times * count;
      }
    }
    return sum;
  }

  /** Steps of what `action` executes. */
  stepsOf(action: () => void): Record<string, number> {
    const before = this.steps();
    action();
    const after = this.steps();
    const difference: Record<string, number> = {};
    for (const [name, times] of Object.entries(after)) {
      const more = times - (before[name] ?? 0);
      if (more !== 0) difference[name] = more;
    }
    return difference;
  }

  /** Table entries loaded by what `action` executes: guest, nested, and both. */
  loadsOf(action: () => void): { guest: number; nested: number; all: number } {
    const steps = this.stepsOf(action);
    const count = (prefix: string): number =>
      Object.entries(steps).reduce((sum, [name, n]) => sum + (LOAD.test(name) && name.startsWith(prefix) ? n : 0), 0);
    const guest = count('walk.guest_');
    const nested = count('walk.nested_');
    return { guest, nested, all: guest + nested };
  }
}

const LOAD = /^walk\.(?:guest|nested)_(?:l1|l2|l3|dram)$/;
