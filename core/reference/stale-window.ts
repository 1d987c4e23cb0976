/**
 * The guest's own invalidation duty. After it changed an entry of a page table and before it invalidated, a TLB may still serve the old
 * translation (SDM vol. 3, 5.10.4): a difference in that window is the guest's, and the divergence says so. Counted roughly: an INVLPG is
 * taken to answer for one change, a MOV CR3 for all entries that are not global.
 */
export class StaleWindow {
  /** Pending changes of non-global entries, of global entries, and the address of the last one (high, low). */
  readonly state = new Int32Array(4);

  get open(): boolean {
    return this.state[0] !== 0 || this.state[1] !== 0;
  }

  changed(global: boolean, hi: number, lo: number): void {
    const cell = global ? 1 : 0;
    if (this.state[cell]! < 1000) this.state[cell] = this.state[cell]! + 1;
    this.state[2] = hi;
    this.state[3] = lo;
  }

  invalidateOne(): void {
    const cell = this.state[0] !== 0 ? 0 : 1;
    if (this.state[cell]! > 0) this.state[cell] = this.state[cell]! - 1;
  }

  invalidateNonGlobal(): void {
    this.state[0] = 0;
  }

  invalidateAll(): void {
    this.state[0] = 0;
    this.state[1] = 0;
  }
}
