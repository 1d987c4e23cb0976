import { bigOf, type JsonObject, MalformedError, UnsupportedError } from '../fields.ts';

const NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'].concat(
  Array.from({ length: 8 }, (_, n) => `r${n + 8}`),
);

export const REG = Object.freeze({ RAX: 0, RCX: 1, RDX: 2, RSP: 4, RSI: 6, RDI: 7 });

/** General registers of a 64-bit guest, and the two flags that short test programs branch or step on. */
export class CodeRegisters {
  readonly values = new BigUint64Array(16);
  rip = 0;
  /** ZF, where it is known: arithmetic leaves it unknown here. */
  zero: boolean | undefined = false;
  /** DF: string instructions step down. */
  down = false;

  /** All registers 0, then those given by name. */
  load(given: JsonObject): void {
    this.values.fill(0n);
    for (const [name, value] of Object.entries(given)) {
      const at = NAMES.indexOf(name);
      const number = bigOf(value);
      if (at < 0) throw new UnsupportedError('a register of an unknown name');
      if (number === undefined || number >> 64n !== 0n)
        throw new MalformedError(`register "${name}" is no 64-bit number`);
      this.values[at] = number;
    }
  }

  /** The value of a register by name, as the files write it. */
  show(name: string): string {
    const at = NAMES.indexOf(name);
    if (at < 0 && name !== 'rip') throw new UnsupportedError('a register of an unknown name is shown');
    return '0x' + (name === 'rip' ? BigInt(this.rip) : this.values[at]!).toString(16);
  }

  get(register: number, size: number): bigint {
    return BigInt.asUintN(size * 8, this.values[register]!);
  }

  /** A write of 4 bytes clears the upper half, one of 1 or 2 keeps the rest. */
  set(register: number, size: number, value: bigint): void {
    const low = BigInt.asUintN(size * 8, value);
    const old = this.values[register]!;
    this.values[register] = size >= 4 ? low : ((old >> BigInt(size * 8)) << BigInt(size * 8)) | low;
  }
}
