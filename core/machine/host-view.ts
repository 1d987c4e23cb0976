import { bigHi, bigLo } from '../base/words.ts';
import type { Kvm } from '../kvm/kvm.ts';
import type { MachineMemory } from '../reference/observation.ts';
import type { GuestMemory } from './guest-tables.ts';

/** Guest memory as the VMM sees it through its own mapping: read-only slots can be written, nothing is marked dirty, nothing is charged. */
export class HostView implements MachineMemory, GuestMemory {
  private readonly kvm: Kvm;
  private readonly word = new Int32Array(4);

  constructor(kvm: Kvm) {
    this.kvm = kvm;
  }

  readGuest(gpaHi: number, gpaLo: number, count: number, out: Int32Array): boolean {
    const page = this.pageOf((gpaHi >>> 0) * 0x100000 + (gpaLo >>> 12));
    // To look is not to touch: a page that nobody has faulted in yet stays so.
    const frame = page < 0 ? -1 : this.kvm.hostMm.peek(page);
    if (frame < 0) return false;
    this.kvm.memory.readBytes(frame, gpaLo & 0xfff, count, out, 0);
    return true;
  }

  read(gpa: bigint, bytes: number): bigint {
    this.word.fill(0);
    this.readGuest(bigHi(gpa), bigLo(gpa), bytes, this.word);
    return (BigInt(this.word[1]! >>> 0) << 32n) | BigInt(this.word[0]! >>> 0);
  }

  write(gpa: bigint, bytes: number, value: bigint): void {
    this.word[0] = bigLo(value);
    this.word[1] = bigHi(value);
    const frame = this.frame(Number(gpa >> 12n));
    if (frame >= 0) this.kvm.memory.writeBytes(frame, Number(gpa & 0xfffn), bytes, this.word, 0);
  }

  /** Bytes of any length; false when one of them has no memory behind it. */
  poke(gpa: bigint, bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) {
      const at = gpa + BigInt(i);
      const frame = this.frame(Number(at >> 12n));
      if (frame < 0) return false;
      this.kvm.memory.setByte(frame, Number(at & 0xfffn), bytes[i]!);
    }
    return true;
  }

  private frame(gfn: number): number {
    const page = this.pageOf(gfn);
    return page < 0 ? -1 : this.kvm.hostMm.fault(page, false);
  }

  /** Host virtual page behind a guest frame, -1 without a memslot. */
  private pageOf(gfn: number): number {
    const { slots } = this.kvm;
    const row = slots.find(0, gfn);
    return row < 0 ? -1 : slots.table.hvaPage[row]! + gfn - slots.table.baseGfn[row]!;
  }
}
