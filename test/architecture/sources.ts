// The project's own files, as the architecture tests see them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What is made, not written. In a worktree of git, `.git` is a file. */
const MADE = new Set(['node_modules', '.git', 'out', 'coverage', 'build', 'release']);

export interface SourceFile {
  /** Path from the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Paths of every written file below a folder of the project, sorted, with forward slashes. */
export function listFiles(folder = ''): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!MADE.has(entry.name)) found.push(...listFiles(path));
    } else if (entry.isFile() && !MADE.has(entry.name)) {
      found.push(relative(ROOT, join(ROOT, path)).split(sep).join('/'));
    }
  }
  return found.sort();
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** Every TypeScript file below the given top folders. */
export function typescriptFiles(...folders: string[]): SourceFile[] {
  const files = listFiles().filter((path) => /\.tsx?$/.test(path));
  return files.filter((path) => folders.includes(path.split('/')[0] ?? '')).map(readSource);
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith('test/') || path.startsWith('renderer/test/');
}
