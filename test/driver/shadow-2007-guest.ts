import { CR0, CR4, EFER, REG } from '../../core/guest/registers.ts';
import { OP } from '../../core/guest/instruction.ts';
import { KvmMachine, type Outcome } from './kvm-machine.ts';

export type GuestFormat = '32' | 'pae' | '64';

export interface ShadowGuestOptions {
  readonly vendor?: 'intel' | 'amd';
  readonly kernel?: '2.6.24' | '2.6.26';
  readonly bypass?: 'off' | 'as-posted' | 'corrected';
  readonly format?: GuestFormat;
  /** Sets entries before the guest starts. */
  readonly setUp?: (guest: ShadowGuest) => void;
}

/** Entry bits. */
export const PTE = Object.freeze({ P: 1n, W: 2n, U: 4n, A: 0x20n, D: 0x40n, PS: 0x80n, NX: 1n << 63n });
const { P, W, U, A, D } = PTE;

/** Guest RAM, and where the guest's kernel maps all of it for itself. */
export const RAM_PAGES = 2048;
export const DIRECT = 0x1000_0000n;
const FIRST_TABLE = 0x400;
const LEVELS: Record<GuestFormat, number> = { '32': 2, pae: 3, '64': 4 };

/** A guest kernel's view of one vCPU under the shadow MMU of 2007: tables in guest memory, written by stores of the guest itself. */
export class ShadowGuest {
  readonly m: KvmMachine;
  readonly format: GuestFormat;
  readonly bytes: number;
  readonly root: number;
  private nextTable = FIRST_TABLE;

  constructor({ vendor = 'intel', kernel = '2.6.24', bypass = 'off', format = '64', setUp }: ShadowGuestOptions = {}) {
    this.format = format;
    this.bytes = format === '32' ? 4 : 8;
    const vpid = kernel === '2.6.26' || vendor === 'amd';
    this.m = new KvmMachine({
      mmu: 'shadow',
      vendor,
      kernel,
      policy: { bypassGuestPf: bypass },
      cpu: { maxphyaddr: 40, pml: false, eptAd: false, p1g: false, decodeAssists: false },
      silicon: { maxphyaddr: 40, vpid },
    });
    if (this.m.slot(0, 0n, RAM_PAGES) !== 0) throw new Error('no memslot');
    this.root = this.newTable();
    for (let gfn = 0; gfn < RAM_PAGES; gfn++)
      this.set(DIRECT + BigInt(gfn * 4096), 1, (BigInt(gfn) << 12n) | P | W | A | D);
    // The four pointers of PAE are loaded with CR3 and not looked at again.
    for (let i = 0n; format === 'pae' && i < 4n; i++) this.entryGpa(i << 30n, 2);
    setUp?.(this);
    this.start();
  }

  private start(): void {
    const { at } = this.m.regs;
    const long = this.format === '64';
    at[REG.CR0] = CR0.PE | CR0.PG | CR0.WP;
    at[REG.CR4] = CR4.PGE | (this.format === '32' ? CR4.PSE : CR4.PAE);
    at[REG.EFER] = long ? EFER.NXE | EFER.LME | EFER.LMA : this.format === 'pae' ? EFER.NXE : 0;
    at[REG.CR3_LO] = this.root << 12;
    this.m.vcpu.registersSet();
    this.m.cpu.registersChanged();
  }

  /** Places of the entry of a level for an address: guest-physical address. Tables above are made as they are needed, by the test. */
  entryGpa(va: bigint, level: number, root = this.root): number {
    const bits = this.format === '32' ? 10n : 9n;
    let table = root;
    for (let at = LEVELS[this.format]; ; at--) {
      const index = Number((va >> (12n + BigInt(at - 1) * bits)) & ((1n << bits) - 1n));
      const gpa = table * 4096 + index * this.bytes;
      if (at === level) return gpa;
      const entry = this.load(gpa);
      if ((entry & P) === 0n) {
        const next = this.newTable();
        this.store(gpa, (BigInt(next) << 12n) | (at === 3 && this.format === 'pae' ? P : P | W | U | A));
        table = next;
      } else table = Number((entry & 0xf_ffff_ffff_f000n) >> 12n);
    }
  }

  /** Sets an entry from outside, before the guest has used it. */
  set(va: bigint, level: number, entry: bigint, root = this.root): void {
    this.store(this.entryGpa(va, level, root), entry);
  }

  entry(va: bigint, level: number): bigint {
    return this.load(this.entryGpa(va, level));
  }

  /** The guest's kernel stores to the entry: `bytes` of `value` from byte `offset` of it. */
  writeEntry(va: bigint, level: number, value: bigint, bytes = this.bytes, offset = 0): Outcome {
    return this.write(DIRECT + BigInt(this.entryGpa(va, level) + offset), bytes, value);
  }

  /** Accesses of the guest's kernel, or of user mode. */
  write(va: bigint, bytes: number, value: bigint, cpl = 0): Outcome {
    return this.run(OP.WRITE, va, bytes, value, cpl);
  }

  read(va: bigint, cpl = 0): Outcome {
    return this.run(OP.READ, va, 4, 0n, cpl);
  }

  fetch(va: bigint, cpl = 0): Outcome {
    return this.run(OP.FETCH, va, 1, 0n, cpl);
  }

  loadCr3(root: number): Outcome {
    return this.run(OP.MOV_CR3, 0n, 8, BigInt(root) << 12n, 0);
  }

  run(op: number, va: bigint, bytes: number, value: bigint, cpl: number): Outcome {
    this.m.regs.at[REG.CPL] = cpl;
    this.m.cpu.registersChanged();
    const outcome = this.m.run(op, va, bytes, value);
    this.m.regs.at[REG.CPL] = 0;
    this.m.cpu.registersChanged();
    return outcome;
  }

  /** Where the guest's last fault came from: the CPU itself, or KVM, and with which error code. */
  get fault(): { by: 'cpu' | 'kvm'; errorCode: number } {
    const byKvm = this.m.lastVmExits > 0;
    return { by: byKvm ? 'kvm' : 'cpu', errorCode: byKvm ? this.m.vcpu.fault.errorCode : this.m.cpu.fault.errorCode };
  }

  /** A frame for a guest table. */
  newTable(): number {
    return this.nextTable++;
  }

  /** Guest memory as KVM's own code sees it. */
  load(gpa: number): bigint {
    const { kvm, memory } = this.m;
    const frame = kvm.ram.frame(gpa >>> 12, true);
    const word = (gpa & 0xfff) >>> 2;
    const lo = BigInt(memory.word(frame, word) >>> 0);
    return this.bytes === 4 ? lo : (BigInt(memory.word(frame, word + 1) >>> 0) << 32n) | lo;
  }

  store(gpa: number, value: bigint): void {
    const { kvm, memory } = this.m;
    const frame = kvm.ram.frame(gpa >>> 12, true);
    const word = (gpa & 0xfff) >>> 2;
    memory.setWord(frame, word, Number(BigInt.asIntN(32, value)));
    if (this.bytes === 8) memory.setWord(frame, word + 1, Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** The shadow entry of an address at a level as the CPU reads it, or null where no shadow page is. */
  shadow(va: bigint, level: number): bigint | null {
    const { memory, vcpu } = this.m;
    const long = this.format === '64';
    let frame = vcpu.root;
    for (let at = long ? 4 : 3; ; at--) {
      const index = Number((va >> BigInt(12 + (at - 1) * 9)) & 511n);
      const entry = (BigInt(memory.entryHi(frame, index) >>> 0) << 32n) | BigInt(memory.entryLo(frame, index) >>> 0);
      if (at === level) return entry;
      if ((entry & P) === 0n || entry === TRAP) return null;
      frame = Number((entry & 0xf_ffff_ffff_f000n) >> 12n);
    }
  }
}

/** kvm_mmu_set_nonpresent_ptes(~0xffe, 0). */
export const TRAP = 0xffff_ffff_ffff_f001n;
export const NOTRAP = 0n;
export const IO_MARK = 1n << 9n;
