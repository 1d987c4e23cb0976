/** Flags of a memslot: uapi bits, and KVM's own INVALID for a slot that is being deleted or moved. */
export const SLOT_FLAG = Object.freeze({ LOG_DIRTY: 1 << 0, READONLY: 1 << 1, GUEST_MEMFD: 1 << 2, INVALID: 1 << 16 });

/**
 * Memslots as columns, and the order by guest frame in which they are searched. A row names a slot while it exists; rows are reused.
 */
export class SlotTable {
  /** KVM's slot id, without the address space. */
  id = new Int32Array(8);
  space = new Int32Array(8);
  flags = new Int32Array(8);
  baseGfn = new Float64Array(8);
  pages = new Float64Array(8);
  /** Host virtual page number of the first page. */
  hvaPage = new Float64Array(8);
  /** Dirty bitmap, one bit a page, where the slot logs. */
  readonly bitmaps: (Uint32Array | undefined)[] = [];
  private used = 0;
  private readonly free: number[] = [];
  private readonly rowOfId = new Map<number, number>();
  /** Rows of each space in ascending order of guest frames. */
  private readonly order: Int32Array[];
  private readonly size: Int32Array;
  /** Row each space was last asked for: a short cut that changes no result. */
  private readonly last: Int32Array;

  constructor(spaces: number) {
    this.order = Array.from({ length: spaces }, () => new Int32Array(8));
    this.size = new Int32Array(spaces);
    this.last = new Int32Array(spaces).fill(-1);
  }

  columns(): (Int32Array | Uint32Array | Float64Array)[] {
    const logs = this.bitmaps.filter((bitmap) => bitmap !== undefined);
    return [this.size, ...this.order, this.space, this.flags, this.baseGfn, this.pages, this.hvaPage, ...logs];
  }

  /** Row of a slot id in a space, or -1. */
  rowOf(space: number, id: number): number {
    return this.rowOfId.get(space * 65536 + id) ?? -1;
  }

  /** __gfn_to_memslot: the slot that holds a guest frame, or -1. Allocates nothing. */
  find(space: number, gfn: number): number {
    const last = this.last[space]!;
    if (last >= 0 && this.holds(last, gfn)) return last;
    const below = this.countBelow(space, gfn + 1);
    if (below === 0) return -1;
    const row = this.order[space]![below - 1]!;
    if (!this.holds(row, gfn)) return -1;
    this.last[space] = row;
    return row;
  }

  /** True when a slot of this space other than `except` shares a frame with the range. */
  overlaps(space: number, baseGfn: number, pages: number, except: number): boolean {
    const order = this.order[space]!;
    let at = this.countBelow(space, baseGfn + pages) - 1;
    if (at >= 0 && order[at] === except) at--;
    return at >= 0 && this.baseGfn[order[at]!]! + this.pages[order[at]!]! > baseGfn;
  }

  /** How many slots of the space start below a guest frame. */
  private countBelow(space: number, gfn: number): number {
    const order = this.order[space]!;
    let low = 0;
    let high = this.size[space]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.baseGfn[order[middle]!]! >= gfn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  add(space: number, id: number, flags: number, baseGfn: number, pages: number, hvaPage: number): number {
    const row = this.free.pop() ?? this.used++;
    if (row === this.id.length) this.grow();
    this.id[row] = id;
    this.space[row] = space;
    this.flags[row] = flags;
    this.baseGfn[row] = baseGfn;
    this.pages[row] = pages;
    this.hvaPage[row] = hvaPage;
    this.rowOfId.set(space * 65536 + id, row);
    this.insert(space, row);
    return row;
  }

  move(row: number, baseGfn: number): void {
    const space = this.space[row]!;
    this.take(space, row);
    this.baseGfn[row] = baseGfn;
    this.insert(space, row);
  }

  remove(row: number): void {
    this.take(this.space[row]!, row);
    this.rowOfId.delete(this.space[row]! * 65536 + this.id[row]!);
    this.bitmaps[row] = undefined;
    for (const column of [this.id, this.space, this.flags, this.baseGfn, this.pages, this.hvaPage]) column[row] = 0;
    this.free.push(row);
  }

  private holds(row: number, gfn: number): boolean {
    const base = this.baseGfn[row]!;
    return gfn >= base && gfn < base + this.pages[row]!;
  }

  private insert(space: number, row: number): void {
    const size = this.size[space]!;
    let order = this.order[space]!;
    if (size === order.length) {
      const grown = new Int32Array(size * 2);
      grown.set(order);
      this.order[space] = order = grown;
    }
    let at = size;
    while (at > 0 && this.baseGfn[order[at - 1]!]! > this.baseGfn[row]!) at--;
    order.copyWithin(at + 1, at, size);
    order[at] = row;
    this.size[space] = size + 1;
  }

  private take(space: number, row: number): void {
    const order = this.order[space]!;
    const size = this.size[space]!;
    const at = order.indexOf(row);
    order.copyWithin(at, at + 1, size);
    order[size - 1] = 0;
    this.size[space] = size - 1;
    this.last[space] = -1;
  }

  private grow(): void {
    const size = this.id.length * 2;
    const ints = (column: Int32Array) => {
      const grown = new Int32Array(size);
      grown.set(column);
      return grown;
    };
    const doubles = (column: Float64Array) => {
      const grown = new Float64Array(size);
      grown.set(column);
      return grown;
    };
    this.id = ints(this.id);
    this.space = ints(this.space);
    this.flags = ints(this.flags);
    this.baseGfn = doubles(this.baseGfn);
    this.pages = doubles(this.pages);
    this.hvaPage = doubles(this.hvaPage);
  }
}
