import type { StateSet } from '../base/state.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import type { Recorder } from '../events/recorder.ts';
import type { Instruction } from '../guest/instruction.ts';
import { STEP_OF } from './op-table.ts';
import { KIND } from './rights.ts';
import type { Tally } from './tally.ts';
import { WalkPaths } from './walk-paths.ts';

const STEPS_OF = STEP_OF;
const VMEXIT = STEP['hw.vmexit'];
const { READ, WRITE } = KIND;

/**
 * How what the silicon counted gets into the path table. Most accesses take one of eight plain paths (four kinds, two levels of TLB) or
 * that of a plain walk; these are not walked step by step but counted aside, or on a node that is known.
 */
export class Accounts {
  /** Plain hits of reads and writes since `hits` was last brought up to date. */
  readHits = 0;
  writeHits = 0;
  /** Hits by kind and TLB level (kind * 2 + level - 1), and how many of them are in the path table already. Both only grow. */
  private readonly hits = new Float64Array(8);
  private readonly flushed = new Float64Array(8);
  private readonly hitNode = new Int32Array(8);
  private readonly walkPaths = new WalkPaths();
  private readonly exitPaths = new WalkPaths();
  private readonly paths: PathTable;
  private readonly tally: Tally;
  private readonly events: Recorder;

  constructor(paths: PathTable, tally: Tally, events: Recorder) {
    this.paths = paths;
    this.tally = tally;
    this.events = events;
    this.nameHitPaths();
  }

  register(state: StateSet): void {
    state.addCounters(() => {
      this.sum();
      return [this.hits, this.flushed];
    });
  }

  /** Charges what was counted since the instruction began: its own step first, then the walks' in a fixed order. */
  charge(insn: Instruction): void {
    const step = STEPS_OF[insn.op]!;
    if (step >= 0) this.paths.add(step);
    this.tally.charge(this.paths);
    this.tally.clear();
  }

  /**
   * Accounts for a memory access that is complete. 1 when its path has been counted, 2 when the next `flush` counts it; 0 when its steps
   * were added to the path under way, for the caller's caller to end: where the path was not empty, a recorder is on, or the path is new.
   */
  access(insn: Instruction, kind: number): number {
    const { tally, paths } = this;
    if (paths.node !== 0 || this.events.on) {
      this.charge(insn);
      return 0;
    }
    if (tally.walks === 0 && tally.l2Hits <= 1 && tally.simple) {
      this.hits[kind * 2 + tally.l2Hits]!++;
      tally.l2Hits = 0;
      return 2;
    }
    const key = tally.walkKey(kind);
    const far = tally.farKey;
    if (key >= 0 && this.walkPaths.end(paths, key, far)) {
      tally.clear();
      return 1;
    }
    this.charge(insn);
    this.walkPaths.learn(key, far, paths.node);
    return 0;
  }

  /** Charges an access that ends in a VM exit, and the exit. Plain ones are known by their counts, as plain walks are. */
  exit(insn: Instruction, kind: number): void {
    const { tally, paths } = this;
    const key = kind >= 0 && paths.node === 0 && !this.events.on ? tally.walkKey(kind) : -1;
    if (key >= 0 && this.exitPaths.resume(paths, key, tally.farKey)) {
      tally.clear();
      return;
    }
    const far = key >= 0 ? tally.farKey : 0;
    this.charge(insn);
    paths.add(VMEXIT);
    this.exitPaths.learn(key, far, paths.node);
  }

  /** Moves the hits counted aside into the path table and its clock. */
  flush(): void {
    this.sum();
    for (let i = 0; i < this.hits.length; i++) {
      const more = this.hits[i]! - this.flushed[i]!;
      if (more === 0) continue;
      this.paths.endAt(this.hitNode[i]!, more);
      this.flushed[i] = this.hits[i]!;
    }
  }

  private sum(): void {
    this.hits[READ * 2]! += this.readHits;
    this.hits[WRITE * 2]! += this.writeHits;
    this.readHits = 0;
    this.writeHits = 0;
  }

  /** Finds the tree nodes of the eight plain paths, leaving every count as it was. */
  private nameHitPaths(): void {
    const { paths, hitNode } = this;
    const steps = [STEP['guest.read'], STEP['guest.write'], STEP['guest.fetch'], STEP['guest.rmw']];
    steps.forEach((step, kind) => {
      for (let level = 0; level < 2; level++) {
        paths.add(step);
        if (level === 1) paths.add(STEP['guest.dtlb_l2_hit']);
        hitNode[kind * 2 + level] = paths.node;
        paths.end();
        paths.endAt(hitNode[kind * 2 + level]!, -1);
      }
    });
  }
}
