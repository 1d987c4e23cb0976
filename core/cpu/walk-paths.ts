import type { PathTable } from '../cost/paths.ts';

const SIZE = 1024;

/**
 * Remembers where in the path table the paths of plain walks end (one walk, no split), or of such walks that end in an
 * exit: an access of a kind seen before is accounted without walking the tree of steps. A cache: it decides nothing.
 */
export class WalkPaths {
  /** Rows of three words: the tally's two keys, the node. */
  private readonly rows = new Int32Array(SIZE * 3);

  /** Ends the access on the path its counts name, if that is known: true. */
  end(paths: PathTable, key: number, far: number): boolean {
    const node = this.find(key, far);
    if (node === 0) return false;
    paths.endAt(node, 1);
    return true;
  }

  /** Stands the access on the path its counts name, if that is known: true. */
  resume(paths: PathTable, key: number, far: number): boolean {
    const node = this.find(key, far);
    if (node === 0) return false;
    paths.resumeAt(node);
    return true;
  }

  /** Notes the node that the access under way stands on as the end of its counts' path. `key` and `far` are the tally's, read before. */
  learn(key: number, far: number, node: number): void {
    if (key < 0) return;
    const row = rowOf(key, far);
    this.rows[row] = key;
    this.rows[row + 1] = far;
    this.rows[row + 2] = node;
  }

  private find(key: number, far: number): number {
    const row = rowOf(key, far);
    const { rows } = this;
    return rows[row] === key && rows[row + 1] === far ? rows[row + 2]! : 0;
  }
}

const rowOf = (key: number, far: number): number =>
  (Math.imul(key ^ Math.imul(far, 0x85ebca6b), 0x9e3779b1) >>> 22) * 3;
