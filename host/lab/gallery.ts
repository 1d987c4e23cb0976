import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LabReply } from '../contract/lab.ts';
import type { Compiler } from './compiler.ts';

/** The scenarios that come with the program. */
export const SCENARIOS = fileURLToPath(new URL('../../scenarios/', import.meta.url));

/** The first of the gallery: what somebody sees who has never been here. */
const FIRST = 'doorbell';

/** Every scenario of a folder with its words, the first one first, the rest by title. */
export async function readGallery(compiler: Compiler, folder: string = SCENARIOS): Promise<LabReply<'gallery'>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const entries = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(`${folder}/${name}`, 'utf8');
      const words = await compiler.words(text);
      return words === null ? [] : [{ id: name.slice(0, -3), ...words, text }];
    }),
  );
  const rank = ({ id, title }: { id: string; title: string }): string => (id === FIRST ? '' : title);
  return entries.flat().sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
