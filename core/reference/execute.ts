import { FLAG_IMPLICIT, isRmw, isString, OP } from '../guest/instruction.ts';
import { CR4, REG } from '../guest/registers.ts';
import type { Access } from './access.ts';
import { type Expectation, RANGE } from './expectation.ts';
import { BACKING, type MemoryMap } from './memory-map.ts';
import { type Observation, PIECE } from './observation.ts';
import { modify } from './operations.ts';
import { ENTRY } from './paging-bits.ts';
import type { Parts } from './parts.ts';
import type { PromisedBus } from './promised-bus.ts';
import { WANT } from './rights.ts';
import type { StaleWindow } from './stale-window.ts';
import { afterStore, UnsureFlags } from './unsure-flags.ts';

/**
 * Carries one instruction out on the reference's own memory and writes down what must be observed. Only what userspace answered to reads is
 * taken from the machine; everything else follows from registers, memory, slots, ioeventfds and zones.
 */
export class Execution {
  readonly parts: Parts;
  readonly unsure = new UnsureFlags();
  private readonly memory: MemoryMap;
  private readonly bus: PromisedBus;
  private readonly stale: StaleWindow;
  private readonly old = new Int32Array(4);
  private readonly stored = new Int32Array(4);
  private access!: Access;
  private seen!: Observation;
  private exp!: Expectation;

  constructor(memory: MemoryMap, parts: Parts, bus: PromisedBus, stale: StaleWindow) {
    this.memory = memory;
    this.parts = parts;
    this.bus = bus;
    this.stale = stale;
  }

  run(access: Access, seen: Observation, exp: Expectation): void {
    this.access = access;
    this.seen = seen;
    this.exp = exp;
    exp.clear();
    this.bus.begin();
    const { op, hi, lo, size } = access;
    if (op === OP.READ) {
      exp.hasResult = 1;
      if (this.locate(hi, lo, WANT.READ)) this.load(exp.result);
    } else if (op === OP.WRITE) {
      if (this.locate(hi, lo, WANT.WRITE)) this.storeAll(access.data);
    } else if (isRmw(op)) this.modify();
    else if (op === OP.FETCH) {
      if (this.locate(hi, lo, WANT.FETCH) && this.outsideMemory()) exp.undefined = 1;
    } else if (op === OP.OUT || op === OP.IN) this.port(op, lo & 0xffff, size);
    else if (isString(op)) this.string();
    else this.control();
  }

  private locate(hi: number, lo: number, want: number): boolean {
    const { regs, size, flags } = this.access;
    return this.parts.locate(regs, hi, lo, size, want, (flags & FLAG_IMPLICIT) !== 0, this.exp);
  }

  private outsideMemory(): boolean {
    const { page, count } = this.parts;
    return (page[0]! & 2) === 0 || (count === 2 && (page[1]! & 2) === 0);
  }

  /** Reads the located operand. False when a part of it depends on a userspace answer that the machine did not ask for. */
  private load(into: Int32Array): boolean {
    const { parts, exp } = this;
    let known = true;
    let at = 0;
    for (let i = 0; i < parts.count; i++) {
      const size = parts.size[i]!;
      if ((parts.page[i]! & 2) !== 0) this.memory.read(parts.page[i]!, parts.lo[i]!, size, into, at);
      else if (
        !this.bus.read(PIECE.MMIO_READ, parts.hi[i]!, parts.lo[i]!, size, into, at, exp.pieces, this.seen.pieces)
      ) {
        known = false;
      }
      at += size;
    }
    if (!known) exp.resultKnown = 0;
    return known;
  }

  private storeAll(from: Int32Array): void {
    const { parts, exp } = this;
    let at = 0;
    for (let i = 0; i < parts.count; i++) {
      const hi = parts.hi[i]!;
      const lo = parts.lo[i]!;
      const size = parts.size[i]!;
      const page = parts.page[i]!;
      if ((page & 3) === BACKING.RAM) {
        if (this.memory.store.isTable[page >>> 2] === 1 && page >>> 2 !== 0)
          this.noteTableChange(page, hi, lo, from, at);
        this.memory.write(page, hi, lo, size, from, at);
        exp.ranges.push(RANGE.STORED, hi, lo, size);
      } else {
        if ((page & 3) === BACKING.READONLY) exp.ranges.push(RANGE.KEPT, hi, lo, size);
        this.bus.write(false, hi, lo, size, from, at, exp.pieces);
      }
      at += size;
    }
  }

  /** The value to store is not known: memory the operand covers is taken over from the machine. */
  private forget(): void {
    const { parts, exp } = this;
    for (let i = 0; i < parts.count; i++) {
      const ram = (parts.page[i]! & 3) === BACKING.RAM;
      if (ram) exp.ranges.push(RANGE.UNKNOWN, parts.hi[i]!, parts.lo[i]!, parts.size[i]!);
    }
  }

  private modify(): void {
    const { access, exp } = this;
    exp.hasResult = 1;
    if (!this.locate(access.hi, access.lo, WANT.WRITE)) return;
    if (!this.load(exp.result)) return this.forget();
    modify(access.op, access.size, exp.result, access.data, access.expected, this.stored);
    this.storeAll(this.stored);
  }

  private port(op: number, port: number, size: number): void {
    const { exp, access } = this;
    exp.device = 1;
    exp.gpaHi = 0;
    exp.gpaLo = port;
    if (op === OP.OUT) {
      this.bus.write(true, 0, port, size, access.data, 0, exp.pieces);
      return;
    }
    exp.hasResult = 1;
    const known = this.bus.read(PIECE.PIO_IN, 0, port, size, exp.result, 0, exp.pieces, this.seen.pieces);
    exp.resultKnown = known ? 1 : 0;
  }

  /** REP strings: element by element, upwards. A fault ends the string; the elements before it stay done. */
  private string(): void {
    const { access, exp, old } = this;
    const { op, size, count } = access;
    const port = access.port & 0xffff;
    let { hi, lo, hi2, lo2 } = access;
    this.recycle();
    for (let i = 0; i < count; i++) {
      if (op === OP.OUTS) {
        if (!this.locate(hi, lo, WANT.READ)) return;
        if (this.load(old)) this.bus.write(true, 0, port, size, old, 0, exp.pieces);
        exp.device = 1;
      } else if (op === OP.INS) {
        if (!this.locate(hi, lo, WANT.WRITE)) return;
        const known = this.bus.read(PIECE.PIO_IN, 0, port, size, old, 0, exp.pieces, this.seen.pieces);
        exp.device = 1;
        if (known) this.storeAll(old);
        else this.forget();
      } else if (op === OP.STOS) {
        if (!this.locate(hi, lo, WANT.WRITE)) return;
        this.storeAll(access.data);
      } else {
        if (!this.locate(hi2, lo2, WANT.READ)) return;
        const known = this.load(old);
        if (!this.locate(hi, lo, WANT.WRITE)) return;
        if (known) this.storeAll(old);
        else this.forget();
      }
      if ((lo >>> 0) + size > 0xffff_ffff) hi = (hi + 1) | 0;
      lo = (lo + size) | 0;
      if ((lo2 >>> 0) + size > 0xffff_ffff) hi2 = (hi2 + 1) | 0;
      lo2 = (lo2 + size) | 0;
    }
  }

  /** A whole page filled or copied over is another page from now on, whatever entries it held. */
  private recycle(): void {
    const { op, size, count, hi, lo, hi2, lo2 } = this.access;
    if ((op !== OP.STOS && op !== OP.MOVS) || size * count !== 0x1000 || (lo & 0xfff) !== 0) return;
    if (op === OP.MOVS && !this.locate(hi2, lo2, WANT.READ)) return this.exp.clear();
    if (!this.locate(hi, lo, WANT.WRITE)) return this.exp.clear();
    const page = this.parts.page[0]!;
    if ((page & 3) !== BACKING.RAM) return;
    this.memory.store.isTable[page >>> 2] = 0;
    this.unsure.recycled(page >>> 2);
  }

  /** Instructions without an operand in memory: nothing is promised but that no eventfd is signalled. They may invalidate. */
  private control(): void {
    const { op, size, regs, data } = this.access;
    this.exp.undefined = 1;
    const cr4 = regs[REG.CR4]!;
    const keeps = (cr4 & CR4.PCIDE) !== 0 && data[1]! < 0;
    if (op === OP.MOV_CR3 && (cr4 & CR4.PGE) !== 0) {
      if (!keeps) this.stale.invalidateNonGlobal();
    } else if (op === OP.MOV_CR3 || op === OP.MOV_CR0 || op === OP.MOV_CR4) {
      if (op !== OP.MOV_CR3 || !keeps) this.stale.invalidateAll();
    } else if (op === OP.INVLPG || (op === OP.INVPCID && size === 0)) this.stale.invalidateOne();
    else if (op === OP.INVPCID && size === 2) this.stale.invalidateAll();
    else if (op === OP.INVPCID) this.stale.invalidateNonGlobal();
  }

  /** A store to a page that holds a guest page table: remembers a changed entry that was present. */
  private noteTableChange(page: number, hi: number, lo: number, from: Int32Array, at: number): void {
    const { store } = this.memory;
    const wide = (this.access.regs[REG.CR4]! & CR4.PAE) !== 0;
    const word = (lo & 0xfff) >>> 2;
    const entry = store.word(page >>> 2, wide ? word & ~1 : word);
    const low = wide ? (lo & 7) === 0 : (lo & 3) === 0;
    if (low) this.unsure.stored(page >>> 2, word, entry, afterStore(entry, from[at >> 2]!, this.access.size));
    if ((entry & ENTRY.P) === 0) return;
    const same = (lo & 3) === 0 && store.word(page >>> 2, word) === from[at >> 2];
    const sameHigh = this.access.size < 8 || !wide || store.word(page >>> 2, (word + 1) & 1023) === from[(at >> 2) + 1];
    if (!same || !sameHigh) this.stale.changed((entry & ENTRY.G) !== 0, hi, lo);
  }
}
