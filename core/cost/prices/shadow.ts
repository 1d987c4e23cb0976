import { basePrices } from './base-price.ts';

/** What this rests on, where a row says nothing of its own. */
const READING = 'estimate from reading the code of 7.1; no price of a function was published';

/** Exits that only shadow paging takes. The VMREADs and VMWRITEs in them are counted apart. */
export const SHADOW_EXITS = basePrices('work', READING, {
  handle_exception_nmi: [45, 20, 100],
  pf_interception: [30, 15, 80],
  handle_cr: [40, 20, 90],
  cr_interception: [35, 15, 90],
  handle_invlpg: [15, 6, 40],
  invlpg_interception: [15, 6, 40],
  handle_invpcid: [150, 70, 350, 'estimate: the descriptor is read through a software walk'],
  kvm_set_cr0: [70, 30, 200],
  kvm_set_cr3: [45, 20, 120],
  kvm_set_cr4: [120, 50, 350],
  load_pdptrs: [90, 40, 250, 'estimate: 32 bytes copied from user memory, four checks'],
  kvm_inject_page_fault: [70, 30, 180],
});

/**
 * The shadow MMU. What is known as a whole: a round of the fault path is said to cost a few thousand cycles, more than the exit itself
 * (docs/references.md, B2). Memory-bound parts (a page zeroed, 512 entries scanned) are estimated from cache bandwidth.
 */
export const SHADOW_MMU = basePrices('work', READING, {
  kvm_mmu_load: [150, 60, 450],
  kvm_mmu_load_pgd: [40, 15, 120],
  kvm_mmu_new_pgd: [20, 8, 60],
  kvm_mmu_free_roots: [60, 25, 180],
  kvm_mmu_reset_context: [350, 150, 1200, 'estimate: the reserved-bit and permission tables are made anew'],
  paging64_page_fault: [60, 30, 140],
  paging64_update_accessed_dirty_bits: [60, 30, 150, 'estimate: a locked operation in user memory, STAC and CLAC'],
  paging64_fetch: [20, 8, 60],
  paging64_gpte_changed: [40, 15, 100, 'estimate: copy_from_user_nofault() of 8 or, at the leaf, 64 bytes'],
  kvm_mmu_get_shadow_page: [50, 20, 180, 'estimate: a hash chain, usually a cache miss'],
  kvm_mmu_alloc_shadow_page: [600, 250, 1500, 'estimate: two pages of 4 KiB zeroed, allocators, list and hash'],
  account_shadowed: [50, 20, 150],
  link_shadow_page: [60, 25, 150],
  rmap_write_protect: [45, 15, 150],
  mmu_try_to_unsync_pages: [45, 15, 150],
  kvm_unsync_page: [50, 20, 150],
  mmu_set_spte: [80, 40, 200],
  rmap_add: [40, 15, 120],
  rmap_remove: [50, 20, 150],
  paging64_prefetch_gpte: [25, 10, 70],
  kvm_mmu_prefetch_sptes: [150, 60, 400, 'estimate: fast GUP on a resident page'],
  validate_direct_spte: [60, 25, 150],
  kvm_mmu_sync_roots: [15, 6, 50],
  mmu_sync_children: [80, 30, 300],
  kvm_sync_page: [200, 80, 600, 'estimate: 512 entries tested for zero, 4 KiB of L1 or L2'],
  paging64_sync_spte: [40, 15, 120, 'estimate: the guest entry copied from user memory and compared'],
  kvm_mmu_invalidate_addr: [15, 6, 40],
  kvm_mmu_track_write: [60, 25, 150, 'estimate: the entry copied back from user memory'],
  'kvm_mmu_track_write.sp': [30, 12, 90],
  mmu_page_zap_pte: [25, 10, 70],
  kvm_mmu_prepare_zap_page: [300, 120, 800, 'estimate: 512 entries tested, lists'],
  kvm_mmu_commit_zap_page: [150, 60, 450, 'estimate: two pages freed'],
  kvm_mmu_unprotect_gfn_and_retry: [60, 25, 150],
  'kvm_flush_remote_tlbs.request': [40, 15, 120, 'estimate: a locked operation a vCPU'],
});
