/**
 * Names for the tags of cached mappings. A context is a pair (nested root, PCID); global pages live in a context of their own for each
 * root. Ids are small integers given once and kept, so equal tags are equal numbers and an invalidation is exact. The VPID or ASID is
 * not part of it: one vCPU has one, and its caches are its own.
 */
export const GLOBAL_PCID = 4096;
const PCIDS = 4097;

/** Context ids stay below this, so that a tag is never 0. */
const MAX_CONTEXTS = 1 << 18;

/** Bits of a tag's high word below the context: the upper bits of a 57-bit page number. */
export const CONTEXT_BITS = 13;
const CONTEXT_SHIFT = CONTEXT_BITS;

export class Contexts {
  private readonly ids = new Map<number, number>();
  private readonly roots = new Map<number, number>();
  private readonly rootOf: number[] = [0];
  private readonly pcidOf: number[] = [0];

  /** Small id (1 and up) of a nested root's host frame; 0 stands for "no second dimension". */
  rootId(hfn: number): number {
    let id = this.roots.get(hfn);
    if (id === undefined) {
      id = this.roots.size + 1;
      this.roots.set(hfn, id);
    }
    return id;
  }

  /** Id of (root, PCID), 1 and up. GLOBAL_PCID names the root's global pages. */
  id(root: number, pcid: number): number {
    const pair = root * PCIDS + pcid;
    let id = this.ids.get(pair);
    if (id === undefined) {
      id = this.rootOf.length;
      this.ids.set(pair, id);
      this.rootOf.push(root);
      this.pcidOf.push(pcid);
    }
    return id;
  }

  /** True when ids have run out: the owner must empty its caches and start again with `reset`. */
  get exhausted(): boolean {
    return this.rootOf.length >= MAX_CONTEXTS - 2 || this.roots.size >= MAX_CONTEXTS - 2;
  }

  reset(): void {
    this.ids.clear();
    this.roots.clear();
    this.rootOf.length = 1;
    this.pcidOf.length = 1;
  }

  root(id: number): number {
    return this.rootOf[id]!;
  }

  pcid(id: number): number {
    return this.pcidOf[id]!;
  }

  /** Calls `what` with the id of every context. */
  each(what: (id: number) => void): void {
    for (let id = 1; id < this.pcidOf.length; id++) what(id);
  }

  /** Ids of every context with this PCID, whatever its root. */
  withPcid(pcid: number): number[] {
    const found: number[] = [];
    for (let id = 1; id < this.pcidOf.length; id++) if (this.pcidOf[id] === pcid) found.push(id);
    return found;
  }
}

/** High tag word: upper page-number bits of a canonical address (its bits 63:44, sign-extended) under a context. */
export const contextTag = (context: number, hi: number): number => (hi >> 12) ^ (context << CONTEXT_SHIFT);

/** The context of a high tag word. */
export const contextOfTag = (tag: number): number => (tag >> CONTEXT_SHIFT) ^ ((tag & 0x1000) === 0 ? 0 : -1);
