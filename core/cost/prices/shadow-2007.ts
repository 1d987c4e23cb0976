import { basePrices } from './base-price.ts';

/**
 * The shadow MMU of 2.6.24 and 2.6.26, where it is other code than today's. Nothing was published of it: neither the seed's patch nor its
 * answers have a number. Estimates, on the machine of 2013.
 */
export const SHADOW_MMU_2007 = basePrices('work', 'estimate from reading the code of 2.6.24 and 2.6.26', {
  'kvm_lock.mutex': [50, 35, 150, 'estimate: two locked operations, no contention'],
  'mmap_sem.read': [50, 35, 150, 'estimate: two locked operations on a line that other threads of the VMM share'],
  gfn_to_page: [25, 8, 70, 'estimate: at most 8 or 32 slots compared one after the other'],
  get_user_pages: [500, 250, 1500, 'estimate: vma found, four levels walked under a lock, page reference taken'],
  paging64_cmpxchg_gpte: [650, 300, 1800, 'estimate: mmap_sem, GUP and a locked operation'],
  kvm_mmu_get_page: [45, 15, 180, 'estimate: a hash chain, usually a cache miss'],
  kvm_mmu_alloc_page: [450, 200, 1200, 'estimate: a page of 4 KiB zeroed, lists and hash'],
  nonpaging_prefetch_page: [250, 130, 600, 'estimate: 512 stores of 8 bytes'],
  paging64_prefetch_page: [
    2,
    1,
    6,
    'estimate: load, test and store; the guest’s table of 4 KiB comes from L2 or further away, at 8 entries a line',
  ],
  kvm_read_guest_atomic: [35, 18, 90, 'estimate: slot searched, page faults disabled, 8 bytes copied from user memory'],
  kvm_mmu_lookup_page: [35, 12, 160, 'estimate: a hash chain, usually a cache miss'],
  kvm_mmu_pte_write: [60, 25, 200],
  'kvm_mmu_pte_write.sp': [20, 8, 60],
  mmu_guess_page_from_pte_write: [25, 10, 70],
  mmu_pte_write_zap_pte: [40, 15, 120],
  paging64_update_pte: [20, 8, 60],
  kvm_mmu_zap_page: [700, 300, 2000, 'estimate: 512 entries tested and set, page freed'],
  kvm_mmu_slot_remove_write_access: [500, 200, 1500, 'estimate: 512 entries tested'],
});
