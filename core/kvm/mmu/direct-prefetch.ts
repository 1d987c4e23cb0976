import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { SLOT_FLAG } from '../memslots/slot-table.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { isShadowPresent, leafSpteHi, leafSpteLo, LEVEL } from './spte.ts';

/** PTE_PREFETCH_NUM: entries of the aligned window around a fault. */
const WINDOW = 8;

/**
 * direct_pte_prefetch of the direct-map MMU: after a 4 KiB leaf, the other entries of its window of 8 are filled as far as the slot
 * reaches, the host pages are there (no GUP), and nothing stands in the entry. Not without accessed bits, not under dirty logging, not
 * for read-only slots.
 */
export function prefetchNeighbours(vcpu: Vcpu, hi: number, lo: number, row: number, mapWritable: boolean): void {
  const { kvm } = vcpu;
  const { baseGfn, flags, hvaPage, pages } = kvm.slots.table;
  if (!kvm.mmu.accessedBits || (flags[row]! & (SLOT_FLAG.LOG_DIRTY | SLOT_FLAG.READONLY)) !== 0) return;
  const { bits, index, table } = kvm.mmu.tables;
  const gfn = wordsToPage(hi, lo);
  const firstIndex = index & -WINDOW;
  const firstGfn = gfn - (index - firstIndex);
  let filled = 0;
  for (let i = 0; i < WINDOW; i++) {
    const at = firstIndex + i;
    const page = firstGfn + i - baseGfn[row]!;
    if (at === index || page < 0 || page >= pages[row]!) continue;
    if (isShadowPresent(kvm.mmu.tables.entryLo(table, at))) continue;
    const hfn = kvm.hostMm.present(hvaPage[row]! + page);
    if (hfn === 0) continue;
    const leafLo = leafSpteLo(bits, hfn, LEVEL.P4K, mapWritable, false, true);
    kvm.mmu.tables.setEntry(table, at, leafSpteHi(bits, hfn, mapWritable), leafLo);
    filled++;
  }
  kvm.stats[STAT.pages_4k]! += filled;
  vcpu.paths.addN(STEP.direct_pte_prefetch, filled);
}
