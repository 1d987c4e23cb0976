import { randomBytes } from 'node:crypto';
import { open, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Ending of files under construction; a kill may leave one behind. */
export const UNFINISHED = '.exitlab-tmp';

/**
 * Writes a file so that whoever reads it, or finds it after a kill or a power cut, sees the old content or the new one, whole. A symbolic
 * link stays a link; permissions stay as they are, a new file gets `mode`.
 */
export async function writeAtomically(path: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const old = await stat(target).catch(() => null);
  const temporary = join(
    dirname(target),
    `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}${UNFINISHED}`,
  );
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      if (old !== null) await file.chmod(old.mode & 0o777);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}
