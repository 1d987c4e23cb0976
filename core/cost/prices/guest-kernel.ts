import { estimated } from '../cited.ts';
import type { Cited } from '../cpu-model.ts';
import type { StepName } from '../steps.ts';

/** Nobody publishes these one by one; they are the same for every guest and every hypervisor, so no difference rests on them. */
const FAULT = 'estimate: a native minor fault takes 1000 to 2000 cycles in all, page zeroing included';
const PROCESS = 'estimate: fork, exec and exit of a small process take tens of microseconds, page tables included';
const OTHER = 'estimate: some hundred instructions';

/** What the guest kernel's own code costs between the accesses that the machine carries out. */
export const GUEST_KERNEL = {
  'guest.do_user_addr_fault': estimated(250, [100, 600], FAULT),
  'guest.find_vma': estimated(40, [10, 120], FAULT),
  'guest.handle_mm_fault': estimated(150, [60, 400], FAULT),
  'guest.alloc_page': estimated(150, [50, 500], FAULT),
  'guest.free_page': estimated(80, [30, 300], FAULT),
  'guest.filemap_get_page': estimated(80, [30, 250], FAULT),
  'guest.read_page': estimated(2000, [500, 20_000], 'estimate: readahead and the block layer without the disk'),
  'guest.pte_range': estimated(4, [1, 15], 'estimate: a loop around one load'),
  'guest.vma_change': estimated(600, [200, 2000], OTHER),
  'guest.copy_process': estimated(15_000, [5000, 60_000], PROCESS),
  'guest.execve': estimated(50_000, [10_000, 200_000], PROCESS),
  'guest.do_exit': estimated(10_000, [3000, 50_000], PROCESS),
  'guest.context_switch': estimated(800, [300, 2500], 'estimate: a switch between processes takes about a microsecond'),
  'guest.do_syscall': estimated(60, [20, 200], 'estimate: registers saved and restored, table looked up'),
  'guest.rmap_walk': estimated(100, [40, 300], OTHER),
  'guest.collapse_huge_page': estimated(1000, [300, 5000], OTHER),
} as const satisfies Partial<Record<StepName, Cited>>;
