import { assert } from '../base/assert.ts';
import type { StateSet } from '../base/state.ts';

/**
 * The ledger. Accesses that took the same steps in the same order share a *path*. Paths are the leaves of a tree of steps: taking a
 * step walks from the current node to the child that bears it, and ending an access adds one to the node it stands on. So a run costs
 * one look-up a step, and its result is exact counts of distinct paths, to be priced as often as one likes.
 *
 * A *block* is a fixed sequence of steps that one configuration always takes together (the run loop around an exit, say): it costs one
 * look-up and is expanded when results are read.
 *
 * Prices are given only to keep the simulated clock; they are multiples of 1/16 cycle, so that sums are exact in a double.
 */
export interface StepCount {
  readonly step: number;
  readonly times: number;
}

export interface PathRow {
  /** Steps in the order taken; neighbours of one kind are merged. */
  readonly steps: readonly StepCount[];
  /** How many accesses took this path. */
  readonly count: number;
}

const REPEAT_SHIFT = 12;
const MAX_ID = 1 << REPEAT_SHIFT;
const MOST_AT_ONCE = 1 << 17;

export class PathTable {
  /** The node the current access stands on; 0 is the root, where an access begins. */
  private at = 0;
  private used = 1;
  private edge = new Int32Array(1024);
  private parent = new Int32Array(1024);
  private firstChild = new Int32Array(1024);
  private nextSibling = new Int32Array(1024);
  private cost = new Float64Array(1024);
  private count = new Float64Array(1024);
  private first = new Float64Array(1024);
  /** Number of the access under way, from 1: a column of the machine's. */
  ordinal = new Float64Array(1);
  private readonly elapsed = new Float64Array(1);
  private readonly blocks: StepCount[][] = [];
  private readonly price: Float64Array;
  private readonly stepCount: number;

  /** `price`: cycles of each step by id, rounded to 1/16 here. */
  constructor(price: Float64Array) {
    this.stepCount = price.length;
    assert(this.stepCount < MAX_ID / 2, 'too many steps');
    this.price = price.map(toSixteenth);
  }

  register(state: StateSet): void {
    state.addCounters(() => [this.count, this.elapsed]);
  }

  /** Names a fixed sequence of steps; the id is used with `add` like a step's. */
  defineBlock(steps: readonly StepCount[]): number {
    this.blocks.push([...steps]);
    const id = this.stepCount + this.blocks.length - 1;
    assert(id < MAX_ID, 'too many blocks');
    return id;
  }

  add(step: number): void {
    this.addN(step, 1);
  }

  /** Takes `times` repeats of one step at once, up to 2^17; nothing happens for 0. */
  addN(step: number, times: number): void {
    if (times <= 0) return;
    const key = step | (times << REPEAT_SHIFT);
    const next = this.nextSibling;
    let child = this.firstChild[this.at]!;
    while (child !== 0) {
      if (this.edge[child] === key) {
        this.at = child;
        return;
      }
      child = next[child]!;
    }
    this.at = this.grow(key, step, times);
  }

  /** Takes any number of repeats of one step, in as few edges as they fit. */
  addMany(step: number, times: number): void {
    for (let left = times; left > 0; left -= MOST_AT_ONCE) this.addN(step, Math.min(left, MOST_AT_ONCE));
  }

  /** Ends the current access: its path gains one, the clock its price. */
  end(): void {
    const at = this.at;
    const count = this.count[at]!;
    if (count === 0) this.first[at] = this.ordinal[0]!;
    this.count[at] = count + 1;
    this.elapsed[0]! += this.cost[at]!;
    this.at = 0;
  }

  /** Node id of the access under way (for a cached path, see `endAt`). */
  get node(): number {
    return this.at;
  }

  /** Adds `times` accesses to a path that was reached before, without walking to it again. */
  endAt(node: number, times: number): void {
    if (this.count[node] === 0) this.first[node] = this.ordinal[0]!;
    this.count[node]! += times;
    this.elapsed[0]! += this.cost[node]! * times;
  }

  /** Stands an access that has taken no step yet on a node reached before: the same steps, not walked to again. */
  resumeAt(node: number): void {
    this.at = node;
  }

  /** Price in cycles of the steps taken so far by the access under way. */
  get costSoFar(): number {
    return this.cost[this.at]!;
  }

  /** Simulated time in cycles: every ended access at its price. */
  get clock(): number {
    return this.elapsed[0]!;
  }

  /** A copy of the counts, to find later which paths were taken since. */
  counts(): Float64Array {
    return this.count.slice(0, this.used);
  }

  /** Nodes of the paths taken since `counts()` was called. */
  takenSince(before: Float64Array): number[] {
    const nodes: number[] = [];
    for (let node = 1; node < this.used; node++) if (this.count[node]! > (before[node] ?? 0)) nodes.push(node);
    return nodes;
  }

  /** Sets every count and the clock to zero; the tree stays. */
  forget(): void {
    this.count.fill(0);
    this.elapsed[0] = 0;
  }

  /** All paths with a count, in order of first appearance. */
  rows(): PathRow[] {
    const rows: PathRow[] = [];
    for (let node = 1; node < this.used; node++) {
      if (this.count[node]! > 0) rows.push({ steps: this.stepsOf(node), count: this.count[node]! });
    }
    return rows;
  }

  /** Number of the first access that was seen on each path of `rows()`. */
  firsts(): number[] {
    const firsts: number[] = [];
    for (let node = 1; node < this.used; node++) if (this.count[node]! > 0) firsts.push(this.first[node]!);
    return firsts;
  }

  /** The steps from the root to a node, blocks expanded, equal neighbours merged. */
  stepsOf(node: number): StepCount[] {
    const edges: number[] = [];
    for (let at = node; at !== 0; at = this.parent[at]!) edges.push(this.edge[at]!);
    const steps: { step: number; times: number }[] = [];
    const push = (step: number, times: number): void => {
      const last = steps.at(-1);
      if (last?.step === step) last.times += times;
      else steps.push({ step, times });
    };
    for (const key of edges.reverse()) {
      const step = key & (MAX_ID - 1);
      const times = key >> REPEAT_SHIFT;
      if (step < this.stepCount) push(step, times);
      else {
        for (let i = 0; i < times; i++)
          for (const part of this.blocks[step - this.stepCount]!) push(part.step, part.times);
      }
    }
    return steps;
  }

  private grow(key: number, step: number, times: number): number {
    assert(times <= MOST_AT_ONCE, 'a step repeated too often in one access');
    if (this.used === this.edge.length) this.widen();
    const node = this.used++;
    this.edge[node] = key;
    this.parent[node] = this.at;
    this.nextSibling[node] = this.firstChild[this.at]!;
    this.firstChild[this.at] = node;
    this.cost[node] = this.cost[this.at]! + this.priceOf(step) * times;
    return node;
  }

  private priceOf(step: number): number {
    if (step < this.stepCount) return this.price[step]!;
    return this.blocks[step - this.stepCount]!.reduce((sum, part) => sum + this.price[part.step]! * part.times, 0);
  }

  private widen(): void {
    const size = this.edge.length * 2;
    this.edge = widened(this.edge, new Int32Array(size));
    this.parent = widened(this.parent, new Int32Array(size));
    this.firstChild = widened(this.firstChild, new Int32Array(size));
    this.nextSibling = widened(this.nextSibling, new Int32Array(size));
    this.cost = widened(this.cost, new Float64Array(size));
    this.count = widened(this.count, new Float64Array(size));
    this.first = widened(this.first, new Float64Array(size));
  }
}

/** Cycles rounded to a sixteenth, the clock's grain. */
export const toSixteenth = (cycles: number): number => Math.round(cycles * 16) / 16;

function widened<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
