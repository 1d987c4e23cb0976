import { expect } from 'vitest';
import { parseConfigurations, type Selection } from '../../core/experiment/configurations.ts';
import type { Configuration, RunResult } from '../../core/experiment/result.ts';
import { prepare, type Run } from '../../core/experiment/run.ts';
import { OP } from '../../core/guest/instruction.ts';
import { RECORD } from '../../core/guest/records.ts';
import {
  PLAIN_RIGHTS,
  type HostOp,
  type MapOp,
  type PageSize,
  type PagingMode,
  type RamOp,
  type RegistersOp,
  type SetupOp,
} from '../../core/guest/setup.ts';
import type { DivergenceKind } from '../../core/reference/divergence.ts';
import { RecordList, type Word } from './record-list.ts';

/** What a test wants different from EPT, kernel 7.0, and no eventfd. */
export interface DriveOptions {
  readonly mmu?: Configuration['mmu'];
  readonly cpu?: string;
  readonly kernel?: string;
  readonly design?: string;
  readonly mitigations?: string;
  readonly nestedHost?: boolean;
  readonly vpid?: boolean;
  readonly seed?: number;
  readonly switches?: Selection['switches'];
  /** Run the reference beside the machine; default true. */
  readonly check?: boolean;
  /** Interrupt controllers and timer in the kernel; default false. */
  readonly irqchip?: boolean;
}

/** One configuration, as `--mmu`, `--kernel` and the rest would give it. */
export function configurationOf(options: DriveOptions): Configuration {
  const { mmu = 'ept', cpu, kernel, design = 'userspace', mitigations, nestedHost, vpid, seed, switches } = options;
  const found = parseConfigurations({
    mmus: [mmu],
    designs: [design],
    ...(cpu === undefined ? {} : { cpus: [cpu] }),
    ...(kernel === undefined ? {} : { kernels: [kernel] }),
    ...(mitigations === undefined ? {} : { mitigations: [mitigations] }),
    ...(nestedHost === undefined ? {} : { nestedHost: [nestedHost] }),
    ...(vpid === undefined ? {} : { vpid: [vpid] }),
    ...(seed === undefined ? {} : { seed }),
    ...(switches === undefined ? {} : { switches }),
  });
  if (!found.ok) throw new Error(found.error);
  return found.value[0]!;
}

/** Starts the description of a machine: `drive({ design: 'fast-mmio' }).ram(0, MIB).doorbell('kick').run((d) => d.kick(1))`. */
export const drive = (options: DriveOptions = {}): MachineBuilder => new MachineBuilder(options);

/** A machine's set-up, op by op. */
export class MachineBuilder {
  private readonly options: DriveOptions;
  private readonly ops: SetupOp[] = [];
  private bells = 0;

  constructor(options: DriveOptions) {
    this.options = options;
  }

  /** RAM with an identity mapping of 4 KiB pages, unless told otherwise. */
  ram(gpa: Word, size: Word, more: Partial<RamOp> = {}): this {
    return this.op({
      kind: 'ram',
      gpa: BigInt(gpa),
      size: BigInt(size),
      readonly: false,
      logDirty: false,
      hostPage: '4K',
      map: '4K',
      ...more,
    });
  }

  /** A doorbell of 4 bytes; its number is the order of its declaration. */
  doorbell(name: string, { width = 4, gpa = null as Word | null, match = 1n } = {}): this {
    const at = gpa === null ? null : BigInt(gpa);
    return this.op({ kind: 'doorbell', id: this.bells++, name, width, gpa: at, match });
  }

  /** An identity mapping of addresses without memory, or any other mapping. */
  map(gpa: Word, size: Word = 4096n, more: Partial<MapOp> = {}): this {
    return this.op({
      kind: 'map',
      gva: BigInt(gpa),
      gpa: BigInt(gpa),
      size: BigInt(size),
      page: '4K' as PageSize,
      ...PLAIN_RIGHTS,
      ...more,
    });
  }

  paging(mode: PagingMode, tables: Word | null = null): this {
    return this.op({ kind: 'paging', mode, tables: tables === null ? null : BigInt(tables) });
  }

  registers(op: Omit<RegistersOp, 'kind'>): this {
    return this.op({ kind: 'registers', ...op });
  }

  poke(gpa: Word, ...bytes: readonly number[]): this {
    return this.op({ kind: 'poke', gpa: BigInt(gpa), bytes: Uint8Array.from(bytes) });
  }

  ioeventfd(fd: string, addr: Word, length: number, more: { datamatch?: bigint; pio?: boolean } = {}): this {
    return this.op(assign(fd, addr, length, more));
  }

  zone(addr: Word, size: number, pio = false): this {
    return this.op({ kind: 'coalesced', addr: BigInt(addr), size, pio, unregister: false });
  }

  op(op: SetupOp): this {
    this.ops.push(op);
    return this;
  }

  get setup(): readonly SetupOp[] {
    return this.ops;
  }

  start(): MachineDriver {
    const { check = true, irqchip = false } = this.options;
    const prepared = prepare(configurationOf(this.options), this.ops, { check, irqchip });
    if (!prepared.ok) throw new Error(prepared.error);
    return new MachineDriver(prepared.value);
  }

  run(body: (d: MachineDriver) => void): MachineDriver {
    const driver = this.start();
    body(driver);
    return driver;
  }
}

export const assign = (
  fd: string,
  addr: Word,
  length: number,
  { datamatch, pio = false, deassign = false }: { datamatch?: bigint; pio?: boolean; deassign?: boolean } = {},
): HostOp => ({ kind: 'ioeventfd', fd, addr: BigInt(addr), length, datamatch: datamatch ?? null, pio, deassign });

export const memslot = (slot: number, gpa: Word, size: Word, { readonly = false, logDirty = false } = {}): HostOp => ({
  kind: 'memslot',
  slot,
  gpa: BigInt(gpa),
  size: BigInt(size),
  readonly,
  logDirty,
  hva: null,
  hostPage: '4K',
});

/** Drives a machine access by access; inside `repeat` accesses are recorded instead, and answer nothing. */
export class MachineDriver {
  readonly machine: Run;
  private readonly list = new RecordList();
  private recording = 0;

  constructor(machine: Run) {
    this.machine = machine;
  }

  /**
   * The destination register after a load, zero-extended: the value read, or what stood there before when the load was swallowed.
   * Undefined when the guest faulted.
   */
  read(size: number, gva: Word): bigint | undefined {
    this.insn(OP.READ, size, gva);
    return this.fault === null ? this.register(size) : undefined;
  }

  /** The low bytes of the destination register. */
  register(size: number): bigint {
    const { resultHi, resultLo } = this.machine;
    return BigInt.asUintN(size * 8, (BigInt(resultHi >>> 0) << 32n) | BigInt(resultLo >>> 0));
  }

  read32(gva: Word): bigint | undefined {
    return this.read(4, gva);
  }

  read64(gva: Word): bigint | undefined {
    return this.read(8, gva);
  }

  write(size: number, gva: Word, value: Word): this {
    return this.insn(OP.WRITE, size, gva, value);
  }

  write8(gva: Word, value: Word): this {
    return this.write(1, gva, value);
  }

  write32(gva: Word, value: Word): this {
    return this.write(4, gva, value);
  }

  write64(gva: Word, value: Word): this {
    return this.write(8, gva, value);
  }

  add32(gva: Word, value: Word): this {
    return this.insn(OP.ADD, 4, gva, value);
  }

  kick(value = 1, bell = 0): this {
    return this.other(RECORD.KICK, bell, value);
  }

  readBell(bell = 0): this {
    return this.other(RECORD.BELL_READ, bell);
  }

  addBell(value = 1, bell = 0): this {
    return this.other(RECORD.BELL_ADD, bell, value);
  }

  /** The host does something; returns its errno when it is done at once. */
  host(op: HostOp): number {
    this.other(RECORD.HOST, this.machine.addHostOp(op));
    return this.machine.lastErrno;
  }

  /** Any instruction, with the arguments of core/guest/records.ts. */
  insn(op: number, size: number, ...args: readonly Word[]): this {
    this.list.insn(op, size, ...args);
    return this.go();
  }

  other(code: number, ...args: readonly number[]): this {
    this.list.other(code, 4, ...args);
    return this.go();
  }

  /** A recorded loop. */
  repeat(iterations: number, body: (d: this) => void): this {
    this.recording++;
    this.list.loop(iterations, () => body(this));
    this.recording--;
    return this.go();
  }

  /** Accesses that follow belong to this line of the script. */
  at(line: number): this {
    this.list.line = line;
    return this;
  }

  result(): RunResult {
    return this.machine.result();
  }

  /** Signals of an eventfd so far. */
  signals(fd: string): number {
    return this.result().eventfds[fd] ?? 0;
  }

  stat(name: string): number {
    return this.result().stats[name] ?? 0;
  }

  /** Exits so far, of one reason or of all. */
  exits(reason?: string): number {
    const { exits } = this.result();
    if (reason !== undefined) return exits[reason] ?? 0;
    return Object.values(exits).reduce((sum, count) => sum + count, 0);
  }

  /** What `body` added: steps by name, exits, KVM's statistics, signals, userspace exits. */
  during(body: (d: this) => void): Difference {
    const before = this.result();
    body(this);
    return difference(before, this.result());
  }

  /** The fault of the last access or loop, null for none. */
  get fault(): { vector: number; errorCode: number; address: bigint } | null {
    const { vector, errorCode, hi, lo } = this.machine.lastFault;
    return vector < 0 ? null : { vector, errorCode, address: (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0) };
  }

  /** Divergence kinds with their counts, sorted: `{ 'spurious-signal': 3 }`. */
  divergences(): Partial<Record<DivergenceKind, number>> {
    const counts: Partial<Record<DivergenceKind, number>> = {};
    for (const { kind, count } of this.result().divergences) counts[kind] = (counts[kind] ?? 0) + count;
    return counts;
  }

  expectNoDivergence(): this {
    expect(this.result().divergences).toEqual([]);
    expect(this.machine.problem).toBeNull();
    return this;
  }

  /** Exactly these divergences, by kind and count. */
  expectDivergences(counts: Partial<Record<DivergenceKind, number>>): this {
    expect(this.divergences()).toEqual(counts);
    return this;
  }

  private go(): this {
    if (this.recording > 0) return this;
    const records = this.list.take();
    this.list.clear();
    this.machine.lastFault.vector = -1;
    this.machine.run(records, records.length);
    return this;
  }
}

/** What happened between two results of one run. */
interface Difference {
  readonly steps: Readonly<Record<string, number>>;
  readonly exits: Readonly<Record<string, number>>;
  readonly stats: Readonly<Record<string, number>>;
  readonly eventfds: Readonly<Record<string, number>>;
  readonly userspaceExits: number;
}

function difference(before: RunResult, after: RunResult): Difference {
  return {
    steps: growth(stepTimes(before), stepTimes(after)),
    exits: growth(before.exits, after.exits),
    stats: growth(before.stats, after.stats),
    eventfds: growth(before.eventfds, after.eventfds),
    userspaceExits: after.userspaceExits - before.userspaceExits,
  };
}

function stepTimes(result: RunResult): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { steps, count } of result.paths)
    for (const [name, repeats] of steps) times[name] = (times[name] ?? 0) + repeats * count;
  return times;
}

function growth(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const grown = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, more]) => more !== 0));
}
