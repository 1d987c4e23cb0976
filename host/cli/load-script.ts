import { readFile } from 'node:fs/promises';
import type { CompiledScript } from '../sandbox/compile/compiled-script.ts';
import { BadInput } from './bad-input.ts';
import { unreadable } from './unreadable.ts';

/** Characters of a script; more is no script. */
const LARGEST = 4 * 1024 * 1024;

/** Reads, checks and compiles the script of a file. */
export async function loadScript(file: string): Promise<CompiledScript> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new BadInput(`${file}: ${unreadable(error)}`);
  }
  if (bytes.length > LARGEST) throw new BadInput(`${file}: ${bytes.length} bytes are too long for a script`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadInput(`${file}: it is not a text in UTF-8`);
  }
  // The compiler is large: commands that need none of it start without.
  const { compileScript } = await import('../sandbox/compile/compile.ts');
  const compiled = compileScript(text, file);
  if (!compiled.ok) throw new BadInput(compiled.error);
  return compiled.value;
}
