import { constants, open } from 'node:fs/promises';
import { failed, fileFailed } from './failed.ts';

export interface FileText {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Reads a text file in UTF-8 of at most `limit` bytes; `name` is what messages call it. Nothing but plain files. */
export async function readText(path: string, name: string, limit: number): Promise<FileText> {
  try {
    // Non-blocking: a pipe must not be waited for.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size, mtimeMs } = await file.stat().then((stats) => {
        if (stats.isDirectory()) throw failed('refused', `${name}: cannot be read: it is a folder`);
        if (!stats.isFile()) throw failed('refused', `${name}: cannot be read: it is not a plain file`);
        return stats;
      });
      if (size > limit) throw failed('refused', `${name}: ${size} bytes are too long; the limit is ${limit}`);
      return { text: decode(await file.readFile(), name), modified: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailed(name, 'read', error);
  }
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw failed('refused', `${name}: it is not a text in UTF-8`);
  }
}
