import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ttf: 'font/ttf',
  woff2: 'font/woff2',
  wasm: 'application/wasm',
};

export interface WindowFile {
  readonly type: string;
  /** Its name changes with its content, so it may be kept for ever. */
  readonly lasting: boolean;
  readonly read: () => Promise<Buffer>;
}

/**
 * The built window, as a table from request path to file. What is not in the table does not exist: no path of a request ever reaches
 * the file system, and no folder has a listing.
 */
export async function windowFiles(folder: string): Promise<ReadonlyMap<string, WindowFile>> {
  const table = new Map<string, WindowFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const type = TYPES[entry.name.slice(entry.name.lastIndexOf('.') + 1)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `/${relative(folder, path).split(sep).join('/')}`;
    table.set(name, { type, lasting: name.startsWith('/assets/'), read: () => readFile(path) });
  }
  const index = table.get('/index.html');
  if (index !== undefined) table.set('/', index);
  return table;
}
