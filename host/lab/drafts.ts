import { createHash } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { Draft, LabParams, LabReply } from '../contract/lab.ts';
import { draft } from '../contract/lab.ts';
import { UNFINISHED } from './atomic-file.ts';
import { fileFailed } from './failed.ts';
import { readKept, Writes, writeKept } from './kept-json.ts';

const LARGEST = 32 * 1024 * 1024;
const schema = v.object({ schema: v.literal('exitlab.draft/1'), ...draft.entries });

/** Texts that are in no file yet, one file each: a draft that was put survives whatever ends the process. */
export class Drafts {
  private readonly folder: string;
  private readonly writes = new Map<string, Writes>();

  constructor(folder: string) {
    this.folder = folder;
  }

  async put({ text, ...rest }: LabParams<'drafts.put'>): Promise<void> {
    const path = join(this.folder, `${createHash('sha256').update(rest.key).digest('hex').slice(0, 32)}.json`);
    let queue = this.writes.get(path);
    if (queue === undefined) this.writes.set(path, (queue = new Writes()));
    await queue
      .next(() => (text === null ? forget(path) : writeKept(path, { schema: 'exitlab.draft/1', ...rest, text })))
      .catch((error: unknown) => {
        throw fileFailed(`the unsaved text of ${rest.name}`, 'written', error);
      });
  }

  async get(): Promise<LabReply<'drafts.get'>> {
    const drafts: Draft[] = [];
    const problems: string[] = [];
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names.sort()) {
      if (name.endsWith(UNFINISHED)) await forget(join(this.folder, name)).catch(() => {});
      if (!/^[0-9a-f]{32}\.json$/.test(name)) continue;
      const { value, problem } = await readKept(join(this.folder, name), LARGEST, (input) => v.parse(schema, input));
      if (problem !== null) problems.push(problem);
      if (value !== null)
        drafts.push({ key: value.key, path: value.path, name: value.name, text: value.text, base: value.base });
    }
    return { drafts, problems };
  }
}

async function forget(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
