import { createHash } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Draft, LabParams, LabReply } from '../contract/lab.ts';
import { draft } from '../contract/lab.ts';
import { UNFINISHED } from './atomic-file.ts';
import { failed, fileFailed } from './failed.ts';
import { type Kept, readKept, Writes, writeKept } from './kept-json.ts';

const LARGEST = 32 * 1024 * 1024;
const schema = v.object({ schema: v.literal('exitlab.draft/1'), ...draft.entries, by: v.optional(v.string(), '') });
type KeptDraft = Draft & { readonly by: string };

/** Texts that are in no file yet, one file each: a draft that was put survives whatever ends the process. */
export class Drafts {
  private readonly folder: string;
  private readonly writes = new Map<string, Writes>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Rejects as `changed`, and writes nothing, when another window has put another text since this one looked. */
  async put({ text, seen, ...rest }: LabParams<'drafts.put'>): Promise<LabReply<'drafts.put'>> {
    const path = join(this.folder, `${createHash('sha256').update(rest.key).digest('hex').slice(0, 32)}.json`);
    let queue = this.writes.get(path);
    if (queue === undefined) this.writes.set(path, (queue = new Writes()));
    await queue
      .next(async () => {
        const { value: kept } = await read(path);
        if (kept !== null && kept.by !== rest.by && kept.text !== text && versionOf(kept.text) !== seen)
          throw failed('changed', `${rest.name}: another window keeps another unsaved text of it`);
        await (text === null ? forget(path) : writeKept(path, { schema: 'exitlab.draft/1', ...rest, text }));
      })
      .catch((error: unknown) => {
        throw fileFailed(`the unsaved text of ${rest.name}`, 'written', error);
      });
    return { version: text === null ? null : versionOf(text) };
  }

  async get(): Promise<LabReply<'drafts.get'>> {
    const drafts: LabReply<'drafts.get'>['drafts'][number][] = [];
    const problems: string[] = [];
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names.sort()) {
      if (name.endsWith(UNFINISHED)) await forget(join(this.folder, name)).catch(() => {});
      if (!/^[0-9a-f]{32}\.json$/.test(name)) continue;
      const { value, problem } = await read(join(this.folder, name));
      if (problem !== null) problems.push(problem);
      if (value === null) continue;
      const { key, path, name: title, text, base } = value;
      drafts.push({ key, path, name: title, text, base, version: versionOf(text) });
    }
    return { drafts, problems };
  }

  /** When everything is on disk. */
  async settled(): Promise<void> {
    await Promise.all([...this.writes.values()].map((queue) => queue.settled()));
  }
}

const read = (path: string): Promise<Kept<KeptDraft>> => readKept(path, LARGEST, (input) => v.parse(schema, input));
const versionOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

async function forget(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
