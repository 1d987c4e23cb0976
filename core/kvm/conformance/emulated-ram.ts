import { numHi, numLo, wordsToNum, wordsToPage } from '../../base/words.ts';
import { getByte, putByte } from '../../memory/host-memory.ts';
import { type EmulatorPort, TRANSLATED } from '../emulate/emulator-port.ts';
import { APIC_GFN } from '../io/irqchip.ts';
import { markDirty } from '../memslots/dirty-log.ts';
import type { Memslots } from '../memslots/memslots.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import type { HostBuffers } from './host-buffers.ts';

/** What the emulator sees of the vCPU of a case: linear addresses are guest-physical ones, and RAM is whatever the memslots hold. */
export class EmulatedRam implements EmulatorPort {
  gpaHi = 0;
  gpaLo = 0;
  /** Addresses are 32 bits wide: anything but long mode. */
  narrow = false;
  /** Set by every read that RAM answered. */
  answered = false;
  private readonly slots: Memslots;
  private readonly buffers: HostBuffers;

  constructor(slots: Memslots, buffers: HostBuffers) {
    this.slots = slots;
    this.buffers = buffers;
  }

  fetchInstruction(): void {}

  translate(hi: number, lo: number): number {
    this.gpaHi = this.narrow ? 0 : hi;
    this.gpaLo = lo;
    return this.gpaHi === 0 && lo >>> 12 === APIC_GFN ? TRANSLATED.MMIO : TRANSLATED.GPA;
  }

  readRam(gpaHi: number, gpaLo: number, bytes: number, out: Int32Array, at: number): boolean {
    const host = this.hostAddress(this.slots.find(0, wordsToPage(gpaHi, gpaLo)), gpaHi, gpaLo);
    if (host < 0) return false;
    for (let i = 0; i < bytes; i++) putByte(out, at + i, this.buffers.read(host + i));
    this.answered = true;
    return true;
  }

  writeRam(gpaHi: number, gpaLo: number, bytes: number, from: Int32Array, at: number): boolean {
    const gfn = wordsToPage(gpaHi, gpaLo);
    const row = this.slots.find(0, gfn);
    const host = this.hostAddress(row, gpaHi, gpaLo);
    if (host < 0 || (this.slots.table.flags[row]! & SLOT_FLAG.READONLY) !== 0) return false;
    for (let i = 0; i < bytes; i++) this.buffers.write(host + i, getByte(from, at + i));
    markDirty(this.slots, row, gfn);
    return true;
  }

  /** Where a byte of guest memory lies in the buffers, or -1. */
  find(gpa: number): number {
    return this.hostAddress(this.slots.find(0, Math.floor(gpa / 4096)), numHi(gpa), numLo(gpa));
  }

  /** Byte address in the buffers, or -1: no slot, or one over unmapped host memory. */
  private hostAddress(row: number, gpaHi: number, gpaLo: number): number {
    if (row < 0) return -1;
    const { table } = this.slots;
    const page = table.hvaPage[row]! + wordsToPage(gpaHi, gpaLo) - table.baseGfn[row]!;
    return this.buffers.isMapped(page) ? page * 4096 + (wordsToNum(0, gpaLo) % 4096) : -1;
  }
}
