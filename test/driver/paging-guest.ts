import { CR0, CR4, EFER, REG } from '../../core/guest/registers.ts';
import { OP } from '../../core/guest/instruction.ts';
import { KvmMachine, type MachineOptions, type Outcome } from './kvm-machine.ts';

export type GuestFormat = '32-bit' | 'PAE' | '4-level' | '5-level';

/** Bits of a guest entry. */
export const ENTRY = Object.freeze({ P: 1n, W: 2n, U: 4n, A: 0x20n, D: 0x40n, PS: 0x80n, NX: 1n << 63n });

interface Format {
  readonly levels: number;
  readonly bytes: 4 | 8;
  readonly bits: bigint;
  readonly cr4: number;
  readonly efer: number;
}

const LONG = EFER.LME | EFER.LMA | EFER.NXE;
const FORMATS: Record<GuestFormat, Format> = {
  '32-bit': { levels: 2, bytes: 4, bits: 10n, cr4: CR4.PSE, efer: 0 },
  PAE: { levels: 3, bytes: 8, bits: 9n, cr4: CR4.PAE, efer: EFER.NXE },
  '4-level': { levels: 4, bytes: 8, bits: 9n, cr4: CR4.PAE, efer: LONG },
  '5-level': { levels: 5, bytes: 8, bits: 9n, cr4: CR4.PAE | CR4.LA57, efer: LONG },
};

/** Guest RAM, from guest frame 0. */
export const RAM_PAGES = 2048;
/** Tables that set-up makes come from here upwards. */
const FIRST_TABLE = 0x400;
/** Where the guest maps its RAM for itself, supervisor's and writable, with pages of 4 KiB: guest-physical address 0. */
export const DIRECT = 0x1000_0000n;

/**
 * A guest with tables in its memory, on KVM and silicon. `set` and `entryAt` reach memory from outside, for set-up; `store`, `write` and `read` are
 * the guest's own accesses.
 */
export class PagingGuest {
  readonly m: KvmMachine;
  readonly format: Format;
  readonly root: number;
  private nextTable = FIRST_TABLE;
  private readonly words = new Int32Array(2);

  constructor(format: GuestFormat, options: MachineOptions = {}, cr4 = 0, hostPage = 1) {
    this.format = FORMATS[format];
    this.m = new KvmMachine({ mmu: 'shadow', ...options });
    this.m.slot(0, 0n, RAM_PAGES, { level: hostPage });
    this.root = this.newTable();
    const { P, W, A, D } = ENTRY;
    for (let gfn = 0; gfn < RAM_PAGES; gfn++)
      this.map(DIRECT + BigInt(gfn) * 4096n, (BigInt(gfn) << 12n) | P | W | A | D);
    const { at } = this.m.regs;
    at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
    at[REG.CR4] = this.format.cr4 | cr4;
    at[REG.EFER] = this.format.efer;
    at[REG.CR3_LO] = this.root << 12;
    if (this.format.levels === 3) for (let i = 0n; i < 4n; i++) this.entryGpa(i << 30n, 2);
    this.m.vcpu.registersSet();
    this.m.cpu.registersChanged();
  }

  newTable(): number {
    return this.nextTable++;
  }

  /** Sets the entry of a level for an address, making the tables above it. Returns its guest-physical address. */
  map(va: bigint, entry: bigint, level = 1, root = this.root): bigint {
    const gpa = this.entryGpa(va, level, root);
    this.poke(gpa, entry);
    return gpa;
  }

  /** Guest-physical address of the entry of a level for an address. */
  entryGpa(va: bigint, level: number, root = this.root): bigint {
    const { bits, bytes, levels } = this.format;
    const { P, W, U, A } = ENTRY;
    let table = root;
    for (let at = levels; ; at--) {
      const index = (va >> (12n + BigInt(at - 1) * bits)) & ((1n << bits) - 1n);
      const gpa = (BigInt(table) << 12n) + index * BigInt(bytes);
      if (at === level) return gpa;
      if ((this.peek(gpa) & P) === 0n) {
        this.poke(gpa, (BigInt(this.newTable()) << 12n) | (at === 3 && levels === 3 ? P : P | W | U | A));
      }
      table = Number((this.peek(gpa) >> 12n) & 0xff_ffff_ffffn);
    }
  }

  poke(gpa: bigint, value: bigint): void {
    this.words[0] = Number(BigInt.asIntN(32, value));
    this.words[1] = Number(BigInt.asIntN(32, value >> 32n));
    this.m.kvm.ram.write(0, Number(gpa), this.format.bytes, this.words, 0);
  }

  peek(gpa: bigint): bigint {
    this.words.fill(0);
    this.m.kvm.ram.read(0, Number(gpa), this.format.bytes, this.words, 0);
    return (BigInt(this.words[1]! >>> 0) << 32n) | BigInt(this.words[0]! >>> 0);
  }

  /** The guest's kernel stores an entry, through its own mapping of its memory. */
  store(gpa: bigint, value: bigint, bytes: number = this.format.bytes): Outcome {
    return this.m.write(DIRECT + gpa, bytes, BigInt.asUintN(bytes * 8, value));
  }

  invlpg(va: bigint): Outcome {
    return this.m.run(OP.INVLPG, va, 0, 0n);
  }

  /** MOV to CR3: root frame, PCID, and bit 63. */
  loadCr3(root: number = this.root, pcid = 0, keep = false): Outcome {
    return this.m.run(OP.MOV_CR3, 0n, 8, (BigInt(root) << 12n) | BigInt(pcid) | (keep ? 1n << 63n : 0n));
  }

  /** CPL of the next accesses. */
  set cpl(value: 0 | 3) {
    this.m.run(OP.SET_CPL, 0n, value, 0n);
  }
}
