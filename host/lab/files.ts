import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { LabParams, LabReply } from '../contract/lab.ts';
import { writeAtomically } from './atomic-file.ts';
import { failed, fileFailed } from './failed.ts';
import type { Places } from './places.ts';
import { readText } from './read-text.ts';
import type { Recent } from './recent.ts';
import { UnderWay } from './under-way.ts';

/** File dialogs of the system; null means that the user declined. */
export interface Dialogs {
  open(): Promise<string | null>;
  saveAs(suggested: string): Promise<string | null>;
}

type Content = Omit<LabParams<'files.saveAs'>, 'text'> & { readonly text: string | Uint8Array };
type Stamp = LabReply<'files.save'>;

/** Bytes of a file that can be opened: a result may hold many paths. */
const LARGEST_FILE = 64 * 1024 * 1024;
const MOST_LISTED = 2000;
const DEEPEST = 8;
const LISTED = /(?<!\.d)\.(?:ts|js)$|\.exitlab\.json$/;

/** The user's own files: plain text, where the user put it. */
export class Files {
  private readonly places: Places;
  private readonly dialogs: Dialogs | null;
  private readonly recent: Recent;
  private readonly underWay = new UnderWay();

  constructor(places: Places, dialogs: Dialogs | null, recent: Recent) {
    this.places = places;
    this.dialogs = dialogs;
    this.recent = recent;
  }

  async open({ path }: LabParams<'files.open'>): Promise<LabReply<'files.open'>> {
    const name = path ?? (await this.ask((dialogs) => dialogs.open()));
    if (name === null) return null;
    const real = await this.places.locate(name);
    const { text, modified } = await readText(real, name, LARGEST_FILE);
    await this.recent.add(this.places.nameOf(real));
    return { ...this.stamp(real, modified), text };
  }

  save({ path, text, base }: LabParams<'files.save'>): Promise<Stamp> {
    return this.underWay.do(async () => {
      const real = await this.places.locate(path);
      const now = await modifiedOf(real);
      if (base !== null && now !== null && now !== base)
        throw failed('changed', `${path}: somebody else has changed the file since it was read`);
      return this.write(real, path, text);
    });
  }

  /** `text` may be bytes, of a report. */
  async saveAs({ name, text, overwrite }: Content): Promise<Stamp | null> {
    if (this.dialogs !== null) {
      // The system's dialog has asked about overwriting.
      const chosen = await this.dialogs.saveAs(name);
      if (chosen === null) return null;
      return this.underWay.do(async () => this.write(await this.places.locate(chosen), chosen, text));
    }
    return this.underWay.do(async () => {
      const real = await this.places.locate(name);
      if (!overwrite && (await modifiedOf(real)) !== null) throw failed('exists', `${name}: the file exists already`);
      if (this.places.folder !== null) await mkdir(dirname(real), { recursive: true }).catch(() => {});
      return this.write(real, name, text);
    });
  }

  /** When everything is on disk. */
  settled(): Promise<void> {
    return this.underWay.settled();
  }

  /** Those that are still there, newest first. */
  async listRecent(): Promise<LabReply<'files.recent'>> {
    const found: Stamp[] = [];
    for (const name of await this.recent.list()) {
      const real = await this.places.locate(name).catch(() => null);
      const modified = real === null ? null : await modifiedOf(real);
      if (real !== null && modified !== null) found.push(this.stamp(real, modified));
    }
    return found;
  }

  async list(): Promise<LabReply<'files.list'>> {
    if (this.places.folder === null) return { files: [], more: 0 };
    const found: Stamp[] = [];
    const left = { more: 0 };
    await this.collect(this.places.folder, 0, found, left);
    return { files: found.sort((a, b) => (a.path < b.path ? -1 : 1)), more: left.more };
  }

  private async collect(folder: string, depth: number, found: Stamp[], left: { more: number }): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory() && depth < DEEPEST) await this.collect(path, depth + 1, found, left);
      else if (entry.isFile() && LISTED.test(entry.name)) {
        if (found.length >= MOST_LISTED) left.more++;
        else found.push(this.stamp(path, (await modifiedOf(path)) ?? 0));
      }
    }
  }

  private async write(real: string, name: string, text: string | Uint8Array): Promise<Stamp> {
    try {
      await writeAtomically(real, text);
      const { mtimeMs } = await stat(real);
      await this.recent.add(this.places.nameOf(real));
      return this.stamp(real, mtimeMs);
    } catch (error) {
      throw fileFailed(name, 'written', error);
    }
  }

  private ask(question: (dialogs: Dialogs) => Promise<string | null>): Promise<string | null> {
    if (this.dialogs === null)
      throw failed('refused', 'there is no file dialog here: name a file below the folder that the lab was started in');
    return question(this.dialogs);
  }

  private stamp(real: string, modified: number): Stamp {
    return { path: this.places.nameOf(real), name: basename(real.split(sep).join('/')), modified };
  }
}

/** When a file was changed last; null where there is none. */
async function modifiedOf(path: string): Promise<number | null> {
  return stat(path).then(
    (stats) => stats.mtimeMs,
    () => null,
  );
}
