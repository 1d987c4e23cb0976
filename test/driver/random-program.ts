import fc from 'fast-check';
import { OP } from '../../core/guest/instruction.ts';
import { CR0, CR4 } from '../../core/guest/registers.ts';
import { RECORD } from '../../core/guest/records.ts';
import type { HostOp } from '../../core/guest/setup.ts';
import type { GuestTables } from '../../core/machine/guest-tables.ts';
import type { RecordList, Word } from './record-list.ts';
import {
  BELLS,
  DATA,
  entries,
  type Entry,
  entryBits,
  FRESH,
  freshBase,
  HUGE_1G,
  HUGE_2M,
  isLong,
  MMIO,
  PORTS,
  RAM1,
  RAM1_SIZE,
  SLOT,
  TABLES,
  TARGETS,
  toggle,
  TOGGLE,
  windowBase,
  WINDOWS,
  type World,
} from './random-world.ts';

/** Random programs: small plain steps, which shrink well, and their records in a world. */
export type Step =
  | { readonly k: 'load' | 'fetch'; readonly at: Place; readonly size: number }
  | { readonly k: 'store'; readonly at: Place; readonly size: number; readonly value: bigint }
  | { readonly k: 'rmw'; readonly at: Place; readonly op: number; readonly size: number; readonly value: bigint }
  | { readonly k: 'stos'; readonly at: Place; readonly size: number; readonly count: number; readonly value: bigint }
  | { readonly k: 'movs'; readonly at: Place; readonly from: Place; readonly size: number; readonly count: number }
  | { readonly k: 'io'; readonly op: number; readonly port: number; readonly size: number; readonly value: bigint }
  | {
      readonly k: 'strio';
      readonly op: number;
      readonly port: number;
      readonly at: Place;
      readonly size: number;
      readonly count: number;
    }
  | { readonly k: 'bell'; readonly code: number; readonly bell: number; readonly value: number }
  | { readonly k: 'pte'; readonly window: number; readonly entry: Entry }
  | { readonly k: 'fill'; readonly page: number }
  | { readonly k: 'cr0'; readonly wp: boolean }
  | { readonly k: 'cr4'; readonly pge: boolean; readonly smep: boolean; readonly smap: boolean; readonly pke: boolean }
  | { readonly k: 'pde'; readonly user: boolean; readonly writable: boolean }
  | { readonly k: 'cr3'; readonly pcid: number; readonly keep: boolean }
  | { readonly k: 'cpl'; readonly value: number }
  | { readonly k: 'ac'; readonly value: number }
  | { readonly k: 'pkru'; readonly value: number }
  | { readonly k: 'system'; readonly op: number }
  | { readonly k: 'pause'; readonly cycles: number }
  | { readonly k: 'host'; readonly what: HostStep }
  | { readonly k: 'loop'; readonly times: number; readonly body: readonly Step[] };

interface Place {
  readonly page: number;
  readonly offset: number;
}

type HostStep =
  | 'toggle-on'
  | 'toggle-off'
  | 'toggle-move'
  | 'log-on'
  | 'log-off'
  | 'log-get'
  | 'reclaim-ram0'
  | 'reclaim-ram1'
  | 'assign'
  | 'deassign'
  | 'zone-on'
  | 'zone-off';

const OFFSETS = [0, 0, 0, 1, 4, 8, 0x40, 0x44, 0x100, 0x804, 0xff0, 0xff8, 0xffc, 0xffd, 0xffe, 0xfff];
const VALUES = [0n, 1n, 1n, 0x0101n, 0xffn, 0x1_0000_0001n, 0x1122_3344_5566_7788n, -1n];
/** Past the windows: large pages, low RAM, nothing, an address that is not canonical, and pages without an entry at first. */
const EXTRA_PAGES = 12;

const places: fc.Arbitrary<Place> = fc.record({
  page: fc.oneof(
    { weight: 4, arbitrary: fc.nat(WINDOWS - 1) },
    { weight: 1, arbitrary: fc.nat(WINDOWS + EXTRA_PAGES - 1) },
  ),
  offset: fc.constantFrom(...OFFSETS),
});
const values = fc.constantFrom(...VALUES);
const sizes = fc.constantFrom(1, 2, 4, 4, 8);
const wideSizes = fc.constantFrom(1, 2, 4, 4, 8, 8, 16);
const counts = fc.constantFrom(0, 1, 2, 3, 5, 5, 17);
const RMW = [OP.ADD, OP.OR, OP.AND, OP.XOR, OP.XCHG, OP.CMPXCHG];
const HOST: readonly HostStep[] = [
  'toggle-on',
  'toggle-on',
  'toggle-off',
  'toggle-off',
  'toggle-move',
  'log-on',
  'log-off',
  'log-get',
  'reclaim-ram0',
  'reclaim-ram1',
  'assign',
  'deassign',
  'zone-on',
  'zone-off',
];

const k = <const K extends string>(kind: K): fc.Arbitrary<K> => fc.constant(kind);
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const guestSteps: fc.Arbitrary<Step> = fc.oneof(
  weighted(10, fc.record({ k: k('load'), at: places, size: wideSizes })),
  weighted(12, fc.record({ k: k('store'), at: places, size: wideSizes, value: values })),
  weighted(4, fc.record({ k: k('rmw'), at: places, op: fc.constantFrom(...RMW), size: sizes, value: values })),
  weighted(1, fc.record({ k: k('fetch'), at: places, size: fc.constant(1) })),
  weighted(2, fc.record({ k: k('stos'), at: places, size: sizes, count: counts, value: values })),
  weighted(2, fc.record({ k: k('movs'), at: places, from: places, size: sizes, count: counts })),
  weighted(
    2,
    fc.record({
      k: k('io'),
      op: fc.constantFrom(OP.OUT, OP.IN),
      port: fc.nat(PORTS.length - 1),
      size: fc.constantFrom(1, 2, 4),
      value: values,
    }),
  ),
  weighted(
    1,
    fc.record({
      k: k('strio'),
      op: fc.constantFrom(OP.OUTS, OP.INS),
      port: fc.nat(PORTS.length - 1),
      at: places,
      size: fc.constantFrom(1, 2, 4),
      count: counts,
    }),
  ),
  weighted(
    5,
    fc.record({
      k: k('bell'),
      code: fc.constantFrom<number>(RECORD.KICK, RECORD.KICK, RECORD.KICK, RECORD.BELL_READ, RECORD.BELL_ADD),
      bell: fc.nat(1),
      value: fc.constantFrom(0, 1, 0x0101, 0x5555),
    }),
  ),
  weighted(4, fc.record({ k: k('pte'), window: fc.nat(WINDOWS - 1), entry: entries })),
  weighted(2, fc.record({ k: k('fill'), page: fc.nat(FRESH - 1) })),
  weighted(1, fc.record({ k: k('cr0'), wp: fc.boolean() })),
  weighted(1, fc.record({ k: k('cr4'), pge: fc.boolean(), smep: fc.boolean(), smap: fc.boolean(), pke: fc.boolean() })),
  weighted(1, fc.record({ k: k('pde'), user: fc.boolean(), writable: fc.boolean() })),
  weighted(1, fc.record({ k: k('cr3'), pcid: fc.nat(2), keep: fc.boolean() })),
  weighted(2, fc.record({ k: k('cpl'), value: fc.constantFrom(0, 3) })),
  weighted(1, fc.record({ k: k('ac'), value: fc.constantFrom(0, 1) })),
  weighted(1, fc.record({ k: k('pkru'), value: fc.constantFrom(0, 4, 8, 0x18) })),
  weighted(1, fc.record({ k: k('system'), op: fc.constantFrom(OP.CPUID, OP.HLT, OP.VMCALL) })),
  weighted(1, fc.record({ k: k('pause'), cycles: fc.constantFrom(1, 100) })),
);

const hostSteps: fc.Arbitrary<Step> = fc.record({ k: k('host'), what: fc.constantFrom(...HOST) });

const flatSteps: fc.Arbitrary<Step> = fc.oneof(weighted(9, guestSteps), weighted(1, hostSteps));

/** Programs without loops. */
export const programs = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(flatSteps, { minLength: 1, maxLength, size: 'max' });

/** Programs with loops, nested to a depth of two. */
export const loopPrograms: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(weighted(3, flatSteps), weighted(2, loops(fc.oneof(weighted(6, flatSteps), weighted(1, loops(flatSteps)))))),
  { minLength: 1, maxLength: 5 },
);

function loops(body: fc.Arbitrary<Step>): fc.Arbitrary<Step> {
  return fc.record({
    k: k('loop'),
    times: fc.constantFrom(0, 1, 3, 6, 7, 20, 45),
    body: fc.array(body, { minLength: 1, maxLength: 4 }),
  });
}

/** A loop as its copies. */
export const unrolled = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => {
    if (step.k !== 'loop') return [step];
    const body = unrolled(step.body);
    return Array.from({ length: step.times }, () => body).flat();
  });

/** Writes the records of steps in one world; host operations are handed to `addHostOp`. */
export class ProgramWriter {
  private readonly world: World;
  private readonly tables: GuestTables | null;
  private readonly list: RecordList;
  private readonly addHostOp: (op: HostOp) => number;
  private readonly hostOps = new Map<HostStep, number>();
  private pcid = 0;

  constructor(world: World, tables: GuestTables | null, list: RecordList, addHostOp: (op: HostOp) => number) {
    this.world = world;
    this.tables = tables;
    this.list = list;
    this.addHostOp = addHostOp;
  }

  write(step: Step): void {
    const { list, world } = this;
    switch (step.k) {
      case 'load':
        return list.insn(OP.READ, step.size, this.address(step.at));
      case 'fetch':
        return list.insn(OP.FETCH, 1, this.address(step.at));
      case 'store':
        return list.insn(OP.WRITE, step.size, this.address(step.at), step.value, ...(step.size === 16 ? [7n] : []));
      case 'rmw':
        return this.rmw(step.op, step.size, this.address(step.at), step.value);
      case 'stos':
        return list.insn(OP.STOS, step.size, this.address(step.at), step.value, step.count);
      case 'movs':
        return list.insn(OP.MOVS, step.size, this.address(step.at), this.address(step.from), step.count);
      case 'io':
        return step.op === OP.IN
          ? list.insn(OP.IN, step.size, PORTS[step.port]!)
          : list.insn(OP.OUT, step.size, PORTS[step.port]!, BigInt.asUintN(step.size * 8, step.value));
      case 'strio':
        return list.insn(step.op, step.size, PORTS[step.port]!, this.address(step.at), step.count);
      case 'bell':
        return list.other(step.code, 4, step.bell, ...(step.code === RECORD.BELL_READ ? [] : [step.value]));
      case 'pte':
        return this.editPte(step.window, step.entry);
      case 'fill':
        return this.fill(step.page);
      case 'cr0':
        return list.insn(OP.MOV_CR0, 8, CR0.PE | (step.wp ? CR0.WP : 0) | (world.mode === 'none' ? 0 : CR0.PG));
      case 'cr4':
        return list.insn(OP.MOV_CR4, 8, cr4Of(world, step));
      case 'pde':
        return this.editPde(step.user, step.writable);
      case 'cr3':
        return this.moveToCr3(step.pcid, step.keep);
      case 'cpl':
        return list.insn(OP.SET_CPL, step.value);
      case 'ac':
        return list.insn(OP.SET_AC, step.value);
      case 'pkru':
        return list.insn(OP.WRPKRU, 4, isLong(world.mode) ? step.value : 0);
      case 'system':
        return list.insn(step.op, 0);
      case 'pause':
        return list.other(RECORD.PAUSE, 0, step.cycles);
      case 'host':
        return list.other(RECORD.HOST, 0, this.hostOp(step.what));
      case 'loop':
        return list.loop(step.times, () => step.body.forEach((inner) => this.write(inner)));
    }
  }

  /** Linear address of a place; without paging, the guest-physical one that the window's first entry names. */
  private address({ page, offset }: Place): bigint {
    const { world } = this;
    const at = BigInt(offset);
    if (page < WINDOWS) {
      if (world.mode === 'none') return TARGETS[world.windows[page]!.target]! + at;
      return windowBase(world) + BigInt(page) * 4096n + at;
    }
    const flat = world.mode === 'none';
    const long = isLong(world.mode);
    switch (page - WINDOWS) {
      case 0:
        return (flat ? RAM1 : HUGE_2M) + at;
      case 1:
        return (flat ? RAM1 : HUGE_2M) + 0x1f_f000n + at;
      case 2:
        return (long ? HUGE_1G : DATA) + at;
      case 3:
        return (long ? HUGE_1G + (BELLS - MMIO) : DATA) + at;
      case 4:
        return DATA + 0x8000n + at;
      case 5:
        return flat ? RAM1 + RAM1_SIZE - 4096n + at : 0x6500_0000n + at;
      case 7:
      case 8:
      case 9:
      case 10:
        return (flat ? DATA : freshBase(world)) + BigInt(page - WINDOWS - 7) * 4096n + at;
      case 6:
        return long ? 0x0000_9000_0000_0000n + at : DATA + at;
      default:
        return 0n + at;
    }
  }

  private rmw(op: number, size: number, at: bigint, value: Word): void {
    this.list.insn(op, size, at, value, ...(op === OP.CMPXCHG ? [0n] : []));
  }

  private store(gpa: bigint, bits: bigint): void {
    if (this.world.mode === '2-level') this.list.insn(OP.WRITE, 4, gpa, BigInt.asUintN(32, bits));
    else this.list.insn(OP.WRITE, 8, gpa, bits);
  }

  /** A store to the window's entry and the invalidation that the manuals ask for. */
  private editPte(window: number, entry: Entry): void {
    const { list, tables, world } = this;
    if (tables === null) return list.insn(OP.WRITE, 8, DATA, 5n);
    const gva = windowBase(world) + BigInt(window) * 4096n;
    this.store(tables.entryOf(gva, 1, false)!, entryBits(entry, world.mode));
    if (world.registers.pcide) list.insn(OP.INVPCID, 2, 0n, 0);
    else list.insn(OP.INVLPG, 0, gva);
  }

  /** An entry where none was: nothing has to be invalidated. Each page has one entry of its own, so that filling it again is no change. */
  private fill(page: number): void {
    const { list, tables, world } = this;
    if (tables === null) return list.insn(OP.READ, 8, DATA);
    const entry = { ...world.windows[page]!, present: true, reserved: false };
    this.store(tables.entryOf(freshBase(world) + BigInt(page) * 4096n, 1, false)!, entryBits(entry, world.mode));
  }

  /** Rights of the directory entry above the windows; everything is invalidated. */
  private editPde(user: boolean, writable: boolean): void {
    const { list, tables, world } = this;
    if (tables === null) return list.insn(OP.READ, 4, DATA);
    const place = tables.entryOf(windowBase(world), 2, false)!;
    const table = tables.entryOf(windowBase(world), 1, false)! & ~0xfffn;
    this.store(place, table | 1n | (writable ? 2n : 0n) | (user ? 4n : 0n));
    list.insn(OP.INVPCID, 2, 0n, 0);
  }

  private moveToCr3(pcid: number, keep: boolean): void {
    const { list, world } = this;
    if (world.mode === 'none') return list.insn(OP.READ, 4, DATA);
    this.pcid = world.registers.pcide ? pcid : 0;
    const flag = world.registers.pcide && keep ? 1n << 63n : 0n;
    list.insn(OP.MOV_CR3, 8, TABLES | BigInt(this.pcid) | flag);
  }

  private hostOp(what: HostStep): number {
    let index = this.hostOps.get(what);
    if (index === undefined) {
      index = this.addHostOp(hostOp(what, this.world));
      this.hostOps.set(what, index);
    }
    return index;
  }
}

function cr4Of({ mode, registers }: World, step: Extract<Step, { k: 'cr4' }>): number {
  const long = isLong(mode);
  const base = mode === 'none' ? 0 : mode === '2-level' ? CR4.PSE : CR4.PAE;
  const protections = mode === 'none' ? 0 : (step.smep ? CR4.SMEP : 0) | (step.smap ? CR4.SMAP : 0);
  const keys = long ? (step.pke ? CR4.PKE : 0) | (registers.pcide ? CR4.PCIDE : 0) : 0;
  return base | (step.pge ? CR4.PGE : 0) | (mode === '5-level' ? CR4.LA57 : 0) | protections | keys;
}

function hostOp(what: HostStep, world: World): HostOp {
  const log = (logDirty: boolean): HostOp => ({
    kind: 'memslot',
    slot: SLOT.RAM1,
    gpa: RAM1,
    size: RAM1_SIZE,
    readonly: false,
    logDirty,
    hva: null,
    hostPage: world.hostPage,
  });
  const eventfd = {
    kind: 'ioeventfd',
    fd: 'late',
    addr: MMIO + 0x1200n,
    length: 4,
    datamatch: null,
    pio: false,
  } as const;
  const zone = { kind: 'coalesced', addr: MMIO + 0x3000n, size: 0x400, pio: false } as const;
  switch (what) {
    case 'toggle-on':
      return toggle(true);
    case 'toggle-off':
      return toggle(false);
    case 'toggle-move':
      return toggle(true, TOGGLE + 4096n);
    case 'log-on':
      return log(true);
    case 'log-off':
      return log(false);
    case 'log-get':
      return { kind: 'get-dirty-log', slot: SLOT.RAM1 };
    case 'reclaim-ram0':
      return { kind: 'reclaim', gpa: DATA, size: 0x4000n };
    case 'reclaim-ram1':
      return { kind: 'reclaim', gpa: RAM1, size: 0x1000n };
    case 'assign':
      return { ...eventfd, deassign: false };
    case 'deassign':
      return { ...eventfd, deassign: true };
    case 'zone-on':
      return { ...zone, unregister: false };
    case 'zone-off':
      return { ...zone, unregister: true };
  }
}
