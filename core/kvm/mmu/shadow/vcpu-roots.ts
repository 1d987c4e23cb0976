/** What a vCPU is asked to do before it enters the guest: KVM_REQ_*. */
export const REQUEST = Object.freeze({
  FREE_OBSOLETE_ROOTS: 1,
  MMU_SYNC: 2,
  LOAD_PGD: 4,
  /** KVM_REQ_TLB_FLUSH. */
  FLUSH_ALL: 8,
  FLUSH_CURRENT: 16,
  /** On behalf of the guest, for every PCID: unsync pages are synchronised too. */
  FLUSH_GUEST: 32,
});

/** KVM_MMU_NUM_PREV_ROOTS. */
export const PREVIOUS = 3;
/** The current root, and those of previous values of CR3, the latest first: frame, CR3. */
const STRIDE = 3;
const FRAME = 0;
const CR3_HI = 1;
const CR3_LO = 2;
const ROLE = STRIDE * (PREVIOUS + 1);
const LEVELS = ROLE + 1;
const REQUESTS = ROLE + 2;
const PAE_FRAME = ROLE + 3;
const WORDS = ROLE + 4;

/** struct kvm_mmu of one vCPU: its root, the cached ones, the role of roots, and what it is asked to do. Number 0 is the current root. */
export class VcpuRoots {
  readonly words = new Int32Array(WORDS);

  /** Frame of a root's table; 0 for none (INVALID_PAGE). */
  frame(n: number): number {
    return this.words[n * STRIDE + FRAME]!;
  }

  cr3Hi(n: number): number {
    return this.words[n * STRIDE + CR3_HI]!;
  }

  cr3Lo(n: number): number {
    return this.words[n * STRIDE + CR3_LO]!;
  }

  set(n: number, frame: number, hi: number, lo: number): void {
    this.words[n * STRIDE + FRAME] = frame;
    this.words[n * STRIDE + CR3_HI] = hi;
    this.words[n * STRIDE + CR3_LO] = lo;
  }

  clear(n: number): void {
    this.set(n, 0, 0, 0);
  }

  swap(a: number, b: number): void {
    for (let word = 0; word < STRIDE; word++) {
      const kept = this.words[a * STRIDE + word]!;
      this.words[a * STRIDE + word] = this.words[b * STRIDE + word]!;
      this.words[b * STRIDE + word] = kept;
    }
  }

  /** root_role. */
  get role(): number {
    return this.words[ROLE]!;
  }

  set role(value: number) {
    this.words[ROLE] = value;
  }

  /** Levels of the guest's own tables, cpu_role.level: 0, 2, 3, 4, 5. */
  get levels(): number {
    return this.words[LEVELS]!;
  }

  set levels(value: number) {
    this.words[LEVELS] = value;
  }

  /** Frame of the four pointers of a PAE root. */
  get paeFrame(): number {
    return this.words[PAE_FRAME]!;
  }

  set paeFrame(value: number) {
    this.words[PAE_FRAME] = value;
  }

  get requests(): number {
    return this.words[REQUESTS]!;
  }

  request(bits: number): void {
    this.words[REQUESTS]! |= bits;
  }

  /** True when something of this was asked for; it no longer is. */
  take(bits: number): boolean {
    const asked = (this.words[REQUESTS]! & bits) !== 0;
    this.words[REQUESTS]! &= ~bits;
    return asked;
  }
}
