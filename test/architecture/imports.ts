// Checks a set of source files against the import table. Pure, so that a test can show it files that do not exist.
import { posix } from 'node:path';
import ts from 'typescript';
import { isTest, type SourceFile } from './sources.ts';

interface ImportEdge {
  readonly from: string;
  /** Path of the imported file from the project's root, or the bare name of a package. */
  readonly to: string;
}

/** Every import, re-export and dynamic import of a file, types included. */
export function importsOf(file: SourceFile): ImportEdge[] {
  return ts.preProcessFile(file.text).importedFiles.map(({ fileName }) => ({
    from: file.path,
    to: fileName.startsWith('.') ? posix.join(posix.dirname(file.path), fileName) : fileName,
  }));
}

/** The row of the table a file belongs to: its own path, else the longest folder that is a row. */
export function roomOf(path: string, rooms: readonly string[]): string | undefined {
  const holding = rooms.filter((room) => path === room || path.startsWith(`${room}/`));
  return holding.sort((a, b) => b.length - a.length)[0];
}

/** Packages that code may name, by the first folder of the importing file. The core has none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  scenarios: [],
  host: [
    '@jitl/quickjs-wasmfile-release-sync',
    'hyparquet-writer',
    'jsep',
    'quickjs-emscripten-core',
    'typescript',
    'valibot',
    'node:',
  ],
  electron: ['electron', 'valibot', 'vite', 'node:'],
  renderer: [
    '@tanstack/react-virtual',
    'chart.js',
    'dockview-react',
    'dockview-react/',
    'monaco-editor/',
    'react',
    'react-aria-components',
    'react-dom',
    'react-dom/',
    'uplot',
    'uplot/',
    'zustand',
    'zustand/',
  ],
};

function breaks(edge: ImportEdge, table: Readonly<Record<string, readonly string[]>>): string | undefined {
  const rooms = Object.keys(table);
  const isFile = /\.tsx?$/.test(edge.to) || /^(?:core|host|renderer|electron)\//.test(edge.to);
  if (!isFile) {
    const allowed = PACKAGES[edge.from.split('/')[0] ?? ''] ?? [];
    return allowed.some((name) => edge.to === name || (/[:/]$/.test(name) && edge.to.startsWith(name)))
      ? undefined
      : `package ${edge.to} is not for this folder`;
  }
  if (isTest(edge.to)) return 'nothing imports a test';
  const from = roomOf(edge.from, rooms);
  const to = roomOf(edge.to, rooms);
  if (from === undefined) return `${edge.from} is in no room of the table`;
  if (to === undefined) return `${edge.to} is in no room of the table`;
  return from === to || table[from]?.includes(to) ? undefined : `${from} may not import ${to}`;
}

/** Sentences, one for each import against the table. Test files import what they like and are left out. */
export function violations(
  files: readonly SourceFile[],
  table: Readonly<Record<string, readonly string[]>>,
  debt: readonly string[] = [],
): string[] {
  const edges = files.filter((file) => !isTest(file.path)).flatMap(importsOf);
  const paid = new Set(debt);
  const found: string[] = [];
  for (const edge of edges) {
    const reason = breaks(edge, table);
    const name = `${edge.from} -> ${edge.to}`;
    if (reason !== undefined && !paid.delete(name)) found.push(`${name}: ${reason}`);
  }
  return [...found, ...[...paid].map((name) => `${name}: in DEBT, but nobody imports that any more`)];
}
