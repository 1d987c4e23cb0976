import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LabError } from '../contract/lab.ts';
import { writeAtomically } from './atomic-file.ts';
import { readText } from './read-text.ts';

/** What was found, and a sentence when it could not be used. */
export interface Kept<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

/**
 * Reads one of the lab's own JSON files. One that cannot be used (damaged, or of a later version) is put aside under a new name, so that
 * the next write does not lose it, and a sentence says where it is.
 */
export async function readKept<T>(path: string, limit: number, parse: (input: unknown) => T): Promise<Kept<T>> {
  let why: string;
  try {
    const { text } = await readText(path, path, limit);
    return { value: parse(JSON.parse(text)), problem: null };
  } catch (error) {
    if (error instanceof LabError && error.failure.code === 'not-found') return { value: null, problem: null };
    why = error instanceof LabError || error instanceof Unusable ? error.message : 'it is damaged';
  }
  const aside = `${path}.unread-${Date.now().toString(36)}`;
  const moved = await rename(path, aside).then(
    () => `it was put aside as ${aside}`,
    () => 'it was left where it is',
  );
  return { value: null, problem: `${path} could not be used: ${why}; ${moved}.` };
}

/** Thrown by a parser with a sentence for the user. */
export class Unusable extends Error {}

/** Writes one of the lab's own files, for the user alone. */
export async function writeKept(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomically(path, JSON.stringify(value), 0o600);
}

/** One write after the other, so that the last word wins. A write that fails is told to whoever asked for it. */
export class Writes {
  private last: Promise<unknown> = Promise.resolve();

  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work, work);
    this.last = done.catch(() => {});
    return done;
  }

  /** When everything asked for so far is written, or has failed. */
  async settled(): Promise<void> {
    await this.last;
  }
}
