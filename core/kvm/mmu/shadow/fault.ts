import { ShadowIterator } from './fetch.ts';

/** struct kvm_page_fault: what the fault path knows of the fault it is at. One, reused. */
export class Fault {
  hi = 0;
  lo = 0;
  isWrite = false;
  /** Guest frame; row of its memslot, -1 for none. */
  gfn = 0;
  row = -1;
  /** ACC rights of the guest's page. */
  access = 0;
  hfn = 0;
  hostWritable = false;
  /** Level of the guest's own page. */
  maxLevel = 1;
  readonly iterator = new ShadowIterator();
}
