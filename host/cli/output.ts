import { rename, rm, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import type { OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';
import type { Terminal } from './terminal.ts';

export const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', help: 'print JSON (docs/json.md) instead of text' },
  { name: 'output', short: 'o', argument: 'FILE', help: 'write the report to a file, whole or not at all' },
];

/** Files that are being written; removed when the process is interrupted. */
const unfinished = new Set<string>();

/** Removes what was being written. */
export function discardUnfinished(): void {
  for (const file of unfinished) rmSync(file, { force: true });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined ? String(error) : (REASONS[code] ?? code);
}

/** Prints a report, or writes it to a file: under another name first, so that the file is whole whenever it exists. */
export async function deliver(text: string | Uint8Array, file: string | undefined, terminal: Terminal): Promise<void> {
  if (file === undefined) {
    terminal.out(typeof text === 'string' ? text : new TextDecoder().decode(text));
    return;
  }
  const temporary = `${file}.${process.pid}.part`;
  unfinished.add(temporary);
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new BadInput(`${file}: cannot be written: ${reasonOf(error)}`);
  } finally {
    unfinished.delete(temporary);
  }
}

/** JSON for people and programs alike. 64-bit quantities are text, in decimal. */
export const jsonText = (value: object): string =>
  `${JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part), 2)}\n`;
