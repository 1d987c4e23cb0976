/** Work of the guest kernel's own that touches no modelled memory: counted, and priced as an estimate. */
export const WORK = Object.freeze({
  /** exc_page_fault, do_user_addr_fault: entry code, error code looked at, mmap_lock. */
  PAGE_FAULT: 0,
  FIND_VMA: 1,
  /** handle_mm_fault without its table accesses. */
  HANDLE_MM_FAULT: 2,
  ALLOC_PAGE: 3,
  FREE_PAGE: 4,
  /** Page cache looked up. */
  FILEMAP_GET_PAGE: 5,
  /** A page of a file brought in: the kernel's part, not the disk's. */
  READ_PAGE: 6,
  /** One entry of a range looked at (zap, copy, mprotect, aging). */
  PTE_RANGE: 7,
  /** A VMA made, split or removed. */
  VMA_CHANGE: 8,
  /** fork beside the address space. */
  COPY_PROCESS: 9,
  EXEC: 10,
  EXIT: 11,
  /** schedule and switch_to without MOV to CR3. */
  CONTEXT_SWITCH: 12,
  /** Entry and exit code of a system call beside SYSCALL and SYSRET. */
  SYSCALL: 13,
  /** One mapping of a page found through the reverse map. */
  RMAP_WALK: 14,
  COLLAPSE: 15,
});

/**
 * The instructions that the kernel executes, in kernel mode. Each is carried out by the machine like one of the script's: silicon, KVM and
 * the reference see it. Once `stopped` is set the machine executes nothing more, and reads answer 0.
 */
export interface KernelPort {
  /** What the last `read` or `rmw` found, as two words. */
  readonly hi: number;
  readonly lo: number;
  /** Nothing more can run; see `fail`. */
  readonly stopped: boolean;
  read(atHi: number, atLo: number, bytes: number): void;
  write(atHi: number, atLo: number, bytes: number, hi: number, lo: number): void;
  /** A locked read-modify-write: an OP from ADD to XCHG. */
  rmw(op: number, atHi: number, atLo: number, bytes: number, hi: number, lo: number): void;
  /** LOCK CMPXCHG (CMPXCHG8B in 32-bit modes). */
  cmpxchg(
    atHi: number,
    atLo: number,
    bytes: number,
    hi: number,
    lo: number,
    expectedHi: number,
    expectedLo: number,
  ): void;
  /** REP STOS of zeros. */
  stos(atHi: number, atLo: number, bytes: number, count: number): void;
  /** REP MOVS. */
  movs(toHi: number, toLo: number, fromHi: number, fromLo: number, bytes: number, count: number): void;
  invlpg(hi: number, lo: number): void;
  /** MOV to CR3. */
  loadCr3(hi: number, lo: number): void;
  /** Privilege level the machine is in: 0 or 3. */
  readonly level: number;
  /** SYSCALL (0) or SYSRET (3). */
  setLevel(level: 0 | 3): void;
  /** A WORK, so many times. */
  work(kind: number, times: number): void;
  /** Stops the machine with a sentence: the script asked for what cannot be. */
  fail(sentence: string): void;
}
