import type { Vcpu } from './vcpu.ts';

/**
 * Places in KVM's code where another vCPU of the same VM can run between two steps that belong together. KVM passes them; a machine with
 * several vCPUs may let another one run there. Each is passed once for every time that the code comes by.
 */
export const WINDOW = Object.freeze({
  /**
   * kvm_mmu_get_page() of a new shadow page, between its two looks at the guest's table: as posted in 2007 prefetch_page() has read which
   * entries are absent, and rmap_write_protect() has not run yet; in 2.6.26 the table is write-protected and has not been read yet.
   */
  kvm_mmu_get_page: 0,
  /** A page fault of the guest has been walked for (walk_addr()), and nothing of the shadow tables was changed yet. */
  walk_addr: 1,
  /** The emulator has stored to a guest page table, and the shadow pages of that table do not know it yet (kvm_mmu_pte_write()). */
  kvm_mmu_pte_write: 2,
  /** EPT and NPT: the host page is known, and mmu_lock is not taken yet (kvm_faultin_pfn()). */
  kvm_faultin_pfn: 3,
});

export type WindowName = keyof typeof WINDOW;

export const WINDOW_NAMES = Object.keys(WINDOW) as readonly WindowName[];

/** Whoever wants to know that a vCPU is at one of these places. */
export interface WindowWatcher {
  passes(window: number, vcpu: Vcpu): void;
}
