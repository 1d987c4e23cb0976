import { mkdir, open, readdir, rename, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabReply } from '../contract/lab.ts';
import type { EventColumns } from '../workers/run-report.ts';
import { failed, fileFailed } from './failed.ts';
import { packRising } from './pack-rising.ts';
import { UnderWay } from './under-way.ts';

/** Columns of the file in their order, with the bytes of one event. */
const COLUMNS = { kind: 1, args: 16, access: 8, cycles: 8 } as const;
const EVENT = Object.values(COLUMNS).reduce((sum, size) => sum + size, 0);
const HEADER = 16;
/** What the simulated clock counts in, cycles: see `toSixteenth` of core/cost/paths.ts. */
const GRAIN = 1 / 16;

/** A stretch of the events of an open file. */
interface Stretch {
  readonly file: FileHandle;
  readonly from: number;
  readonly count: number;
  readonly total: number;
}

/**
 * Events of runs on disk, one file a run, column after column, so that a window reads the rows it shows and nobody holds a million of
 * them in memory. The name is the run's key.
 */
export class EventStore {
  private readonly folder: string;
  private readonly underWay = new UnderWay();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Rejects with a sentence when the disk refuses. */
  async write(key: string, columns: EventColumns): Promise<void> {
    await this.underWay
      .do(() => this.put(key, columns))
      .catch((error: unknown) => {
        throw fileFailed('the events of the run', 'written', error);
      });
  }

  /** When everything is on disk. */
  settled(): Promise<void> {
    return this.underWay.settled();
  }

  private async put(key: string, { kind, args, access, cycles, dropped }: EventColumns): Promise<void> {
    const header = new Float64Array([kind.length, dropped]);
    const path = this.pathOf(key);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const parts = [header, kind, args, access, cycles].map(
      (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    );
    await writeFile(`${path}.part`, Buffer.concat(parts), { mode: 0o600 });
    await rename(`${path}.part`, path);
  }

  /** True when the events of a run are there, whole. */
  async has(key: string): Promise<boolean> {
    return this.look(key, 0, 0, () => Promise.resolve(true)).catch(() => false);
  }

  /** When at most `count` events from number `from` on were. */
  read(key: string, from: number, count: number): Promise<LabReply<'events.read'>> {
    return this.look(key, from, count, async (stretch) => {
      const kind = await columnOf(stretch, 'kind');
      const access = await columnOf(stretch, 'access');
      const cycles = await columnOf(stretch, 'cycles');
      return {
        from: stretch.from,
        count: stretch.count,
        total: stretch.total,
        kind: kind.toString('base64'),
        access: packRising(doubles(access), 1),
        cycles: packRising(doubles(cycles), GRAIN),
      };
    });
  }

  /** The arguments of at most `count` events from number `from` on. */
  readArguments(key: string, from: number, count: number): Promise<LabReply<'events.arguments'>> {
    return this.look(key, from, count, async (stretch) => {
      const args = await columnOf(stretch, 'args');
      return { from: stretch.from, count: stretch.count, args: args.toString('base64') };
    });
  }

  /** Removes the events of every run that is not wanted any more. */
  async keepOnly(keys: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!keys.has(name.replace(/\.events(\.part)?$/, ''))) await unlink(join(this.folder, name)).catch(() => {});
    }
  }

  private async look<T>(key: string, from: number, count: number, read: (stretch: Stretch) => Promise<T>): Promise<T> {
    const file = await open(this.pathOf(key), 'r').catch(() => {
      throw failed('not-found', 'the events of this run are not kept any more: run it again');
    });
    try {
      const header = new Float64Array(2);
      await file.read(new Uint8Array(header.buffer), 0, HEADER, 0);
      const total = header[0]!;
      const { size } = await file.stat();
      if (size !== HEADER + total * EVENT) throw failed('refused', 'the events of this run are damaged: run it again');
      const first = Math.min(from, total);
      return await read({ file, from: first, count: Math.min(count, total - first), total });
    } finally {
      await file.close();
    }
  }

  private pathOf(key: string): string {
    return join(this.folder, `${key}.events`);
  }
}

/** A column's bytes of a stretch. */
async function columnOf({ file, from, count, total }: Stretch, wanted: keyof typeof COLUMNS): Promise<Buffer> {
  let start = HEADER;
  for (const [name, size] of Object.entries(COLUMNS)) {
    if (name === wanted) break;
    start += total * size;
  }
  const size = COLUMNS[wanted];
  const bytes = Buffer.alloc(count * size);
  await file.read(bytes, 0, bytes.length, start + from * size);
  return bytes;
}

const doubles = ({ buffer, byteOffset, byteLength }: Buffer): Float64Array =>
  new Float64Array(buffer, byteOffset, byteLength / 8);
