import { Random } from '../base/random.ts';
import type { StateSet } from '../base/state.ts';
import type { Caches } from './caches.ts';
import type { LineCache } from './line-cache.ts';
import type { TagArray } from './tag-array.ts';

/** Anything may be dropped at any time: every so many instructions something is, at random. What the guest sees must not change. */
export class Eviction {
  private readonly every: number;
  private readonly random: Random;
  private readonly age = new Int32Array(1);
  private readonly arrays: readonly TagArray[];
  private readonly lines: LineCache;

  constructor(every: number, seed: number, caches: Caches, lines: LineCache) {
    this.every = every;
    this.random = new Random(seed);
    this.lines = lines;
    const { tlbs, guestPsc, nestedPsc, nestedTlb, tableCache } = caches;
    const arrays = [...tlbs.map((tlb) => tlb.tags), guestPsc.tags, nestedPsc.tags, nestedTlb, tableCache];
    this.arrays = arrays.filter((tags) => tags.slots > 0);
  }

  register(state: StateSet): void {
    state.addState(() => [this.random.state, this.age]);
  }

  /** One instruction has begun. */
  tick(): void {
    this.age[0]!++;
    if (this.age[0]! < this.every) return;
    this.age[0] = 0;
    const { random } = this;
    for (const tags of this.arrays) {
      if (random.below(4) === 0) tags.clear();
      else for (let n = 0; n < 4; n++) tags.drop(1 + random.below(tags.slots));
    }
    this.lines.evict(random.next());
  }
}
