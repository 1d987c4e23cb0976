/** Rights of a mapping, as mmap and mprotect take them: PROT_NONE, PROT_READ, and so on. */
export type Prot = 'none' | 'r' | 'rw' | 'rx' | 'rwx';

/** mmap. Addresses and sizes are bytes, multiples of 4096. */
export interface MmapOp {
  readonly call: 'mmap';
  readonly pid: number;
  readonly gva: bigint;
  readonly size: bigint;
  readonly prot: Prot;
  readonly shared: boolean;
  /** Name of the file; null for anonymous memory. */
  readonly file: string | null;
  /** Where in the file the mapping begins. */
  readonly offset: bigint;
  /** madvise(MADV_HUGEPAGE). */
  readonly huge: boolean;
  /** MAP_POPULATE. */
  readonly populate: boolean;
  /** Guest-physical address of a device's pages (remap_pfn_range); null for memory. */
  readonly gpa: bigint | null;
}

/** What a script asks of the guest's kernel. Processes are numbers that the script's side gives out. */
export type KernelOp =
  | { readonly call: 'process' | 'exec' | 'exit' | 'switchTo'; readonly pid: number }
  | { readonly call: 'fork'; readonly pid: number; readonly child: number }
  | MmapOp
  | { readonly call: 'munmap'; readonly pid: number; readonly gva: bigint; readonly size: bigint }
  | {
      readonly call: 'mprotect';
      readonly pid: number;
      readonly gva: bigint;
      readonly size: bigint;
      readonly prot: Prot;
    }
  | { readonly call: 'age'; readonly pid: number }
  | { readonly call: 'reclaim'; readonly pages: number }
  | { readonly call: 'promote'; readonly pid: number; readonly gva: bigint }
  /** A system call begins or ends; what stands between them runs in kernel mode. */
  | { readonly call: 'enter' }
  | { readonly call: 'leave' };
