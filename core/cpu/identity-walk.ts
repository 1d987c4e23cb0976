import { RIGHT } from './rights.ts';
import { TableWalker, WALK_OK } from './table-walker.ts';

/** Paging off: the linear address is the guest-physical one, and the guest allows everything. */
export class IdentityWalker extends TableWalker {
  walk(hi: number, vpn: number): number {
    this.gfnLo = vpn;
    this.gfnHi = hi & 0xff;
    this.cls = 2;
    const { U, W, X, KEY_PLAIN, DIRTY, PAGE_SHIFT } = RIGHT;
    this.flags = U | W | X | KEY_PLAIN | DIRTY | (2 << PAGE_SHIFT);
    return WALK_OK;
  }

  commit(): number {
    return WALK_OK;
  }

  keep(): void {
    // There are no upper entries.
  }

  dropUpper(): void {
    // There are no upper entries.
  }
}
