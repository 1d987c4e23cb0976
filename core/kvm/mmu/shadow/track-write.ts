import { STEP } from '../../../cost/steps.ts';
import { CR4, REG } from '../../../guest/registers.ts';
import { STAT } from '../../stats.ts';
import { ENTRIES } from '../shadow-pages.ts';
import { LEVEL } from '../spte.ts';
import { withGptes } from './get-page.ts';
import { levelOf, quadrantOf, ROLE } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';
import { flushOrZap, prepareZap, zapPte } from './zap.ts';

/** Writes to an upper table, none of it used in between, at which its shadow page is given up. */
const FLOOD = 3;

/**
 * kvm_mmu_track_write: KVM has written to guest memory. Of every shadow page of the frame, the entries written are zapped; or the whole page, where
 * the write is none of an entry, or the third to an upper table since a fault went through it.
 */
export function trackWrite(c: ShadowContext, gfn: number, offset: number, bytes: number): void {
  const { kvm, pages } = c;
  if (c.indirect === 0) return;
  c.lock();
  c.paths.add(STEP.kvm_mmu_track_write);
  kvm.stats[STAT.mmu_pte_write]!++;
  // A half of a PAE entry counts as the entry (mmu_pte_write_fetch_gpte).
  const half = bytes === 4 && (c.vcpu!.regs.at[REG.CR4]! & CR4.PAE) !== 0;
  const at = half ? offset & ~7 : offset;
  const length = half ? 8 : bytes;
  const whole = isNotZero(c, gfn, at, length);
  let flush = false;
  for (let page = withGptes(c, pages.first(gfn)); page !== 0; page = withGptes(c, pages.next(page))) {
    c.paths.add(STEP['kvm_mmu_track_write.sp']);
    if (isMisaligned(pages.role[page]!, at, length) || isFlooded(c, page)) {
      prepareZap(c, page);
      kvm.stats[STAT.mmu_flooded]!++;
      continue;
    }
    if (zapWritten(c, page, at, whole)) flush = true;
  }
  flushOrZap(c, flush);
  c.unlock();
}

/** The entry as it reads after the write, all of it, is not 0; a write of another length has none. */
function isNotZero(c: ShadowContext, gfn: number, offset: number, bytes: number): boolean {
  if (bytes !== 4 && bytes !== 8) return false;
  const { ram } = c.kvm;
  const lo = ((gfn % 0x10_0000) << 12) | (offset & ~3);
  if (!ram.readEntryAtomic((gfn / 0x10_0000) | 0, lo, bytes === 8 && (offset & 4) === 0 ? 8 : 4, ram.entry))
    return false;
  return (ram.entry[0]! | ram.entry[1]!) !== 0;
}

/** detect_write_misaligned: it straddles entries, or is shorter than 4 bytes and not the lowest byte of an entry alone. */
function isMisaligned(role: number, offset: number, bytes: number): boolean {
  const size = (role & ROLE.HAS_4_BYTE_GPTE) !== 0 ? 4 : 8;
  if ((offset & (size - 1)) === 0 && bytes === 1) return false;
  return ((offset ^ (offset + bytes - 1)) & ~(size - 1)) !== 0 || bytes < 4;
}

/** detect_write_flooding: leaf tables become unsync instead. */
function isFlooded(c: ShadowContext, page: number): boolean {
  if (levelOf(c.pages.role[page]!) === LEVEL.P4K) return false;
  return ++c.pages.floods[page]! >= FLOOD;
}

/** get_written_sptes and their zapping: two entries for a page directory of 4-byte entries. True when a present one went. */
function zapWritten(c: ShadowContext, page: number, offset: number, whole: boolean): boolean {
  const role = c.pages.role[page]!;
  const isLeaf = levelOf(role) === LEVEL.P4K;
  let at = offset;
  let count = 1;
  if ((role & ROLE.HAS_4_BYTE_GPTE) !== 0) {
    at <<= 1;
    if (!isLeaf) {
      at = (at & ~7) << 1;
      count = 2;
    }
    if (at >> 12 !== quadrantOf(role)) return false;
    at &= 0xfff;
  }
  let present = false;
  for (let index = at >> 3; count > 0 && index < ENTRIES; index++, count--) {
    if (zapPte(c, page, index)) present = true;
    if (whole && !isLeaf) c.kvm.stats[STAT.mmu_pde_zapped]!++;
  }
  return present;
}
