import type { Recorder } from '../events/recorder.ts';
import type { HostMemory } from '../memory/host-memory.ts';
import type { CpuConfig } from './config.ts';
import type { LineCache } from './line-cache.ts';
import { NEED, type NestedWalker } from './nested.ts';
import { TableWalker } from './table-walker.ts';
import type { Tally } from './tally.ts';

/** What the walker needs of the second dimension to read a guest entry, and to set accessed or dirty flags in one. */
export const READ_ENTRY = NEED.R | NEED.WALK;
export const UPDATE_ENTRY = NEED.R | NEED.W | NEED.WALK | NEED.UPDATE;

/** What walkers of guest tables have in common, whatever the format: memory, caches of its lines, the second dimension. */
export abstract class EntryWalker extends TableWalker {
  protected readonly memory: HostMemory;
  protected readonly lines: LineCache;
  protected readonly tally: Tally;
  protected readonly events: Recorder;
  protected readonly nested: NestedWalker | null;
  /** Setting a flag is an access of its own to the second dimension: without EPT's A/D bits, reading an entry was not a write. */
  protected readonly updateNeedsWalk: boolean;

  constructor(
    config: CpuConfig,
    memory: HostMemory,
    lines: LineCache,
    tally: Tally,
    events: Recorder,
    nested: NestedWalker | null,
  ) {
    super();
    this.memory = memory;
    this.lines = lines;
    this.tally = tally;
    this.events = events;
    this.nested = nested;
    this.updateNeedsWalk = nested !== null && config.nested === 'ept' && !config.eptAd;
  }
}
