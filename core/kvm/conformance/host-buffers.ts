import { type JsonObject, MalformedError, textField } from './fields.ts';

/** Host virtual page of buffer m0, high in user space as mmap() places it; buffer N lies N * 4 GiB above. */
const FIRST_PAGE = 0x7_f000_0000;
const STRIDE = 2 ** 20;
const BUFFERS = 64;

/** The anonymous mappings `m0`, `m1`, ... that memslots are made of. Pages are zero until written. */
export class HostBuffers {
  private readonly pages = new Map<number, Uint8Array>();

  /** Host virtual address named `mN`, `mN+0xOFF` or `0x...`. */
  address(from: JsonObject, key: string): bigint {
    const text = textField(from, key);
    const named = /^m(\d+)(?:\+(0x[0-9a-f]+))?$/i.exec(text);
    if (named !== null && Number(named[1]) < BUFFERS) {
      return BigInt(firstPage(Number(named[1]))) * 4096n + BigInt(named[2] ?? 0);
    }
    if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text);
    throw new MalformedError(`field "${key}" is "${text}", not a host address`);
  }

  /** Byte address of a buffer named `mN`. */
  bufferStart(name: string): number {
    const named = /^m(\d+)$/.exec(name);
    if (named === null || Number(named[1]) >= BUFFERS) throw new MalformedError(`"${name}" is not a buffer`);
    return firstPage(Number(named[1])) * 4096;
  }

  /** True when a host page belongs to a buffer. */
  isMapped(hvaPage: number): boolean {
    return hvaPage >= FIRST_PAGE && hvaPage < FIRST_PAGE + BUFFERS * STRIDE;
  }

  read(address: number): number {
    return this.pages.get(Math.floor(address / 4096))?.[address % 4096] ?? 0;
  }

  write(address: number, value: number): void {
    const page = Math.floor(address / 4096);
    let bytes = this.pages.get(page);
    if (bytes === undefined) this.pages.set(page, (bytes = new Uint8Array(4096)));
    bytes[address % 4096] = value;
  }
}

const firstPage = (buffer: number): number => FIRST_PAGE + buffer * STRIDE;
