import { describe, expect, it } from 'vitest';
import { listFiles, readSource } from './sources.ts';

/** Folders the map shows: every one of the first two levels, and a third inside the core. */
function isOnMap(folder: string): boolean {
  const depth = folder.split('/').length;
  return depth <= (folder.startsWith('core/') ? 3 : 2);
}

/** Every folder that holds a written file, at any depth. */
function existingFolders(): string[] {
  const folders = new Set<string>();
  for (const path of listFiles()) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) folders.add(parts.slice(0, depth).join('/'));
  }
  return [...folders].filter(isOnMap).sort();
}

/** Folders of an indented listing: a name that ends with a slash, nested by two blanks a level. */
function foldersOf(map: string): string[] {
  const stack: string[] = [];
  const folders: string[] = [];
  for (const [, indent, name] of map.matchAll(/^( *)([\w.-]+)\/(?=\s|$)/gm)) {
    stack.length = (indent ?? '').length / 2;
    stack.push(name ?? '');
    folders.push(stack.join('/'));
  }
  return folders.sort();
}

describe('the code map', () => {
  it('of docs/architecture.md lists exactly the folders that exist', () => {
    const map = /## The house\n[^]*?```text\n([^]*?)```/.exec(readSource('docs/architecture.md').text)?.[1] ?? '';
    expect(foldersOf(map)).toEqual(existingFolders());
  });

  it('reads nesting from the indentation', () => {
    expect(foldersOf('a/  one\n  b/\n    c/  three\n  d/\ne.ts  a file\n')).toEqual(['a', 'a/b', 'a/b/c', 'a/d']);
  });
});
