import type { Expectation } from './expectation.ts';
import { RANGE } from './expectation.ts';
import { BACKING, type MemoryMap } from './memory-map.ts';
import { type GuestWalk, WALK } from './walk.ts';
import { WANT } from './rights.ts';

/** An operand in guest-physical memory: one part, or two when it crosses a page of the guest's address space. */
export class Parts {
  count = 0;
  readonly hi = new Int32Array(2);
  readonly lo = new Int32Array(2);
  readonly size = new Int32Array(2);
  /** Page entry of the memory map. */
  readonly page = new Int32Array(2);
  private readonly memory: MemoryMap;
  private readonly walk: GuestWalk;

  constructor(memory: MemoryMap, walk: GuestWalk) {
    this.memory = memory;
    this.walk = walk;
  }

  /**
   * Translates an operand. Both parts must be allowed before any byte moves; the lower page's fault comes first. False when the access
   * ends here: the fault, or that nothing is promised, stands in the expectation.
   */
  locate(
    regs: Int32Array,
    hi: number,
    lo: number,
    size: number,
    want: number,
    implicit: boolean,
    exp: Expectation,
  ): boolean {
    const first = 0x1000 - (lo & 0xfff);
    this.count = 0;
    if (first >= size) return this.add(regs, hi, lo, size, want, implicit, exp);
    const nextLo = ((lo | 0xfff) + 1) | 0;
    const nextHi = nextLo === 0 ? (hi + 1) | 0 : hi;
    if (!this.walk.isCanonical(regs, nextHi)) return this.add(regs, nextHi, nextLo, size - first, want, implicit, exp);
    if (!this.add(regs, hi, lo, first, want, implicit, exp)) return false;
    if (this.add(regs, nextHi, nextLo, size - first, want, implicit, exp)) return true;
    if (want === WANT.WRITE && (this.page[0]! & 2) !== 0) exp.ranges.push(RANGE.KEPT, this.hi[0]!, this.lo[0]!, first);
    return false;
  }

  private add(
    regs: Int32Array,
    hi: number,
    lo: number,
    size: number,
    want: number,
    implicit: boolean,
    exp: Expectation,
  ): boolean {
    const { walk } = this;
    const outcome = walk.translate(regs, hi, lo, want, implicit);
    if (outcome !== WALK.DONE) {
      if (outcome === WALK.NO_TABLE) exp.undefined = 1;
      else {
        exp.vector = walk.vector;
        exp.errorCode = walk.errorCode;
        exp.cr2Hi = walk.isLong(regs) ? hi : 0;
        exp.cr2Lo = lo;
      }
      return false;
    }
    const i = this.count++;
    this.hi[i] = walk.gpaHi;
    this.lo[i] = walk.gpaLo;
    this.size[i] = size;
    const page = this.memory.lookup(walk.gpaHi, walk.gpaLo);
    this.page[i] = page;
    if (i === 0) {
      exp.gpaHi = walk.gpaHi;
      exp.gpaLo = walk.gpaLo;
    }
    if ((page & 3) === BACKING.READONLY) {
      exp.readonly = 1;
      if (want === WANT.WRITE) exp.device = 1;
    } else if ((page & 3) === BACKING.NONE) exp.device = 1;
    return true;
  }
}
