import { mkdir, open, readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabReply } from '../contract/lab.ts';
import type { EventColumns } from '../workers/run-report.ts';
import { failed } from './failed.ts';

/** Bytes of one event: kind, four arguments, access, cycles. */
const SIZES = [1, 16, 8, 8] as const;
const HEADER = 16;

/**
 * Events of runs on disk, one file a run, column after column, so that a window reads the rows it shows and nobody holds a million of
 * them in memory. The name is the run's key.
 */
export class EventStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async write(key: string, { kind, args, access, cycles, dropped }: EventColumns): Promise<void> {
    const header = new Float64Array([kind.length, dropped]);
    const path = this.pathOf(key);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const parts = [header, kind, args, access, cycles].map(
      (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    );
    await writeFile(`${path}.part`, Buffer.concat(parts), { mode: 0o600 });
    await rename(`${path}.part`, path);
  }

  async has(key: string): Promise<boolean> {
    return open(this.pathOf(key), 'r').then(
      (file) => file.close().then(() => true),
      () => false,
    );
  }

  /** At most `count` events from number `from` on. */
  async read(key: string, from: number, count: number): Promise<LabReply<'events.read'>> {
    const file = await open(this.pathOf(key), 'r').catch(() => {
      throw failed('not-found', 'the events of this run are not kept any more: run it again');
    });
    try {
      const header = new Float64Array(2);
      await file.read(new Uint8Array(header.buffer), 0, HEADER, 0);
      const total = header[0]!;
      const first = Math.min(from, total);
      const length = Math.min(count, total - first);
      let column = HEADER;
      const texts: string[] = [];
      for (const size of SIZES) {
        const bytes = Buffer.alloc(length * size);
        await file.read(bytes, 0, bytes.length, column + first * size);
        texts.push(bytes.toString('base64'));
        column += total * size;
      }
      const [kind, args, access, cycles] = texts as [string, string, string, string];
      return { from: first, count: length, total, kind, args, access, cycles };
    } finally {
      await file.close();
    }
  }

  /** Removes the events of every run that is not wanted any more. */
  async keepOnly(keys: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder).catch(() => [])) {
      if (!keys.has(name.replace(/\.events(\.part)?$/, ''))) await unlink(join(this.folder, name)).catch(() => {});
    }
  }

  private pathOf(key: string): string {
    return join(this.folder, `${key}.events`);
  }
}
