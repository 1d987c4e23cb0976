import { wordsToPage } from '../../base/words.ts';
import type { HostMemory } from '../../memory/host-memory.ts';
import type { HostMm } from '../host-mm.ts';
import { markDirty } from '../memslots/dirty-log.ts';
import type { Memslots } from '../memslots/memslots.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';

/**
 * Guest memory as KVM's own code reaches it: guest frame, memslot, host virtual address, host frame (kvm_vcpu_read_guest_page and
 * kvm_vcpu_write_guest_page). A read-only slot refuses writes; a slot under deletion refuses everything.
 */
export class GuestRam {
  /** Scratch for one paging entry: low word, high word. */
  readonly entry = new Int32Array(2);
  private readonly slots: Memslots;
  private readonly hostMm: HostMm;
  private readonly memory: HostMemory;

  constructor(slots: Memslots, hostMm: HostMm, memory: HostMemory) {
    this.slots = slots;
    this.hostMm = hostMm;
    this.memory = memory;
  }

  /** Changes whenever memslots do. */
  get generation(): number {
    return this.slots.generations.words[0]!;
  }

  /** Changes whenever the host maps or takes a page. */
  get mappings(): number {
    return this.hostMm.changes;
  }

  /** A word of a host frame. */
  word(frame: number, word: number): number {
    return this.memory.word(frame, word);
  }

  /** Host frame behind a guest frame, faulted in; -1 without a slot or a host mapping that allows it. */
  frame(gfn: number, write: boolean): number {
    const row = this.slots.find(0, gfn);
    if (row < 0) return -1;
    const { flags, baseGfn, hvaPage } = this.slots.table;
    const refused = write ? SLOT_FLAG.INVALID | SLOT_FLAG.READONLY : SLOT_FLAG.INVALID;
    if ((flags[row]! & refused) !== 0) return -1;
    return this.hostMm.fault(hvaPage[row]! + (gfn - baseGfn[row]!), write);
  }

  /** Reads `bytes` that lie in one page into `out` from byte `at`; false when it is no readable RAM. */
  read(hi: number, lo: number, bytes: number, out: Int32Array, at: number): boolean {
    const frame = this.frame(wordsToPage(hi, lo), false);
    if (frame < 0) return false;
    this.memory.readBytes(frame, lo & 0xfff, bytes, out, at);
    return true;
  }

  /** Reads a paging entry of 4 or 8 bytes into `out`; false when it is no readable RAM. */
  readEntry(hi: number, lo: number, bytes: number, out: Int32Array): boolean {
    const frame = this.frame(wordsToPage(hi, lo), false);
    if (frame < 0) return false;
    const word = (lo & 0xfff) >>> 2;
    out[0] = this.memory.word(frame, word);
    out[1] = bytes === 8 ? this.memory.word(frame, word + 1) : 0;
    return true;
  }

  /** kvm_vcpu_read_guest_atomic of a paging entry: false too where the host has taken the page and would have to bring it back. */
  readEntryAtomic(hi: number, lo: number, bytes: number, out: Int32Array): boolean {
    const gfn = wordsToPage(hi, lo);
    const row = this.slots.find(0, gfn);
    if (row < 0) return false;
    const { flags, baseGfn, hvaPage } = this.slots.table;
    if ((flags[row]! & SLOT_FLAG.INVALID) !== 0) return false;
    if (this.hostMm.present(hvaPage[row]! + gfn - baseGfn[row]!) === 0) return false;
    return this.readEntry(hi, lo, bytes, out);
  }

  /** Writes `bytes` that lie in one page and marks the page dirty; false when it is no writable RAM. */
  write(hi: number, lo: number, bytes: number, from: Int32Array, at: number): boolean {
    const gfn = wordsToPage(hi, lo);
    const frame = this.frame(gfn, true);
    if (frame < 0) return false;
    this.memory.writeBytes(frame, lo & 0xfff, bytes, from, at);
    this.markDirty(gfn);
    return true;
  }

  /** mark_page_dirty: where the slot of a guest frame logs. */
  markDirty(gfn: number): void {
    const row = this.slots.find(0, gfn);
    if (row >= 0) markDirty(this.slots, row, gfn);
  }
}
