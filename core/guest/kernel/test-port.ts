import { OP } from '../instruction.ts';
import { GEOMETRY, type Geometry } from './geometry.ts';
import { GuestKernel } from './kernel.ts';
import type { KernelOp, MmapOp } from './ops.ts';
import type { KernelPort } from './port.ts';
import { type KernelRelease, RELEASES } from './release.ts';

const NAMES = new Map<number, string>(Object.entries(OP).map(([name, op]) => [op, name]));
const FIRST_FRAME = 0x100;
const INIT_PGD = 0xff;

/** Memory and a CPU that does as told: what tests of the kernel alone run on. Instructions are written down in words. */
export class TestPort implements KernelPort {
  hi = 0;
  lo = 0;
  level: 0 | 3 = 0;
  problem: string | null = null;
  /** Instructions since the last `take`. */
  private list: string[] = [];
  private readonly bytes = new Map<number, number>();
  private readonly geometry: Geometry;

  constructor(geometry: Geometry) {
    this.geometry = geometry;
  }

  get stopped(): boolean {
    return this.problem !== null;
  }

  /** Instructions since the last call; runs of reads are left out unless asked for. */
  take(reads = false): string[] {
    const { list } = this;
    this.list = [];
    return reads ? list : list.filter((line) => !line.startsWith('READ'));
  }

  /** A word of `count` bytes in memory. */
  value(physical: number, count: number): bigint {
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes.get(physical + i) ?? 0);
    return value;
  }

  read(atHi: number, atLo: number, bytes: number): void {
    this.load(this.physical(atHi, atLo), bytes);
    this.list.push(`READ${bytes} ${this.name(atHi, atLo)}`);
  }

  write(atHi: number, atLo: number, bytes: number, hi: number, lo: number): void {
    this.store(this.physical(atHi, atLo), bytes, hi, lo);
    this.list.push(`WRITE${bytes} ${this.name(atHi, atLo)} ${words(bytes === 8 ? hi : 0, lo)}`);
  }

  rmw(op: number, atHi: number, atLo: number, bytes: number, hi: number, lo: number): void {
    const at = this.physical(atHi, atLo);
    this.load(at, bytes);
    const { hi: oldHi, lo: oldLo } = this;
    if (op === OP.XCHG) this.store(at, bytes, hi, lo);
    else this.store(at, bytes, oldHi & hi, oldLo & lo);
    this.list.push(`${NAMES.get(op)}${bytes} ${this.name(atHi, atLo)} ${words(bytes === 8 ? hi : 0, lo)}`);
  }

  cmpxchg(
    atHi: number,
    atLo: number,
    bytes: number,
    hi: number,
    lo: number,
    expectedHi: number,
    expectedLo: number,
  ): void {
    const at = this.physical(atHi, atLo);
    this.load(at, bytes);
    const same = this.lo === expectedLo && (bytes < 8 || this.hi === expectedHi);
    if (same) this.store(at, bytes, hi, lo);
    this.list.push(
      `CMPXCHG${bytes} ${this.name(atHi, atLo)} ${words(bytes === 8 ? hi : 0, lo)}${same ? '' : ' failed'}`,
    );
  }

  stos(atHi: number, atLo: number, bytes: number, count: number): void {
    const at = this.physical(atHi, atLo);
    for (let i = 0; i < bytes * count; i++) this.bytes.delete(at + i);
    this.list.push(`STOS${bytes} ${this.name(atHi, atLo)} x ${count}`);
  }

  movs(toHi: number, toLo: number, fromHi: number, fromLo: number, bytes: number, count: number): void {
    const to = this.physical(toHi, toLo);
    const from = this.physical(fromHi, fromLo);
    for (let i = 0; i < bytes * count; i++) this.bytes.set(to + i, this.bytes.get(from + i) ?? 0);
    this.list.push(`MOVS${bytes} ${this.name(toHi, toLo)} from ${this.name(fromHi, fromLo)} x ${count}`);
  }

  invlpg(hi: number, lo: number): void {
    this.list.push(`INVLPG ${words(hi, lo)}`);
  }

  loadCr3(hi: number, lo: number): void {
    this.list.push(`MOV_CR3 ${words(hi, lo)}`);
  }

  setLevel(level: 0 | 3): void {
    this.level = level;
    this.list.push(level === 0 ? 'SYSCALL' : 'SYSRET');
  }

  work(): void {
    // Costs nothing here.
  }

  fail(sentence: string): void {
    this.problem ??= sentence;
  }

  /** A direct-map address as frame and offset, frames counted from the kernel's first. */
  private name(hi: number, lo: number): string {
    const at = this.physical(hi, lo);
    return `${Math.floor(at / 4096) - FIRST_FRAME}+0x${(at % 4096).toString(16)}`;
  }

  private physical(hi: number, lo: number): number {
    const gva = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    return Number(gva - this.geometry.direct);
  }

  private load(at: number, count: number): void {
    const value = this.value(at, count);
    this.lo = Number(value & 0xffff_ffffn) | 0;
    this.hi = Number(value >> 32n) | 0;
  }

  private store(at: number, count: number, hi: number, lo: number): void {
    for (let i = 0; i < count; i++) this.bytes.set(at + i, ((i < 4 ? lo : hi) >>> ((i % 4) * 8)) & 0xff);
  }
}

const words = (hi: number, lo: number): string => `0x${((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)).toString(16)}`;

/** A kernel on a TestPort, and its calls with what they usually say. */
export class TestKernel {
  readonly port: TestPort;
  readonly kernel: GuestKernel;

  constructor(mode: Geometry['mode'] = '4-level', release: KernelRelease['id'] = '6.18', pcid = false, frames = 4096) {
    const geometry = GEOMETRY[mode];
    this.port = new TestPort(geometry);
    this.kernel = new GuestKernel(this.port, {
      geometry,
      release: RELEASES[release],
      pcid,
      firstFrame: FIRST_FRAME,
      frames,
      initPgd: INIT_PGD,
    });
  }

  os(op: KernelOp): number {
    return this.kernel.apply(op);
  }

  /** A process that runs; what that took is forgotten. */
  start(pid = 0): this {
    this.os({ call: 'process', pid });
    this.os({ call: 'switchTo', pid });
    this.port.take();
    return this;
  }

  mmap(pid: number, gva: number, size: number, more: Partial<MmapOp> = {}): this {
    const usual = {
      prot: 'rw',
      shared: false,
      file: null,
      offset: 0n,
      huge: false,
      populate: false,
      gpa: null,
    } as const;
    this.os({ call: 'mmap', pid, gva: BigInt(gva), size: BigInt(size), ...usual, ...more });
    return this;
  }

  /** A page fault of user mode: what it took, without reads, and whether it was served. */
  fault(gva: number, kind: 'read' | 'write' | 'fetch', present = false): { done: boolean; list: string[] } {
    const code = (present ? 1 : 0) | 4 | (kind === 'write' ? 2 : kind === 'fetch' ? 16 : 0);
    this.port.take();
    const done = this.kernel.pageFault(Math.floor(gva / 2 ** 32), gva | 0, code);
    return { done, list: this.port.take() };
  }
}
