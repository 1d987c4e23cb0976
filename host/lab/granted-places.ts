import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import * as v from 'valibot';
import { failed } from './failed.ts';
import { readKept, Writes, writeKept } from './kept-json.ts';
import { shown, type Places } from './places.ts';

/** Files remembered; the one granted longest ago is forgotten first. */
const MOST = 1000;
const schema = v.object({ schema: v.literal('exitlab.granted/1'), paths: v.array(v.string()) });

/**
 * The files that the user chose, by absolute path, and no others: a window that asks for any other is refused, whatever it was taken over
 * by. What is granted is the file that a path leads to, links followed, and it is remembered in a file of its own.
 */
export class GrantedPlaces implements Places {
  readonly folder = null;
  private readonly kept: string;
  private readonly writes = new Writes();
  private granted: Promise<Set<string>> | null = null;

  /** `kept` is the file that remembers. */
  constructor(kept: string) {
    this.kept = kept;
  }

  /** Lets the window read and write this file. Only for what the user chose in a dialog, a menu or on a command line. */
  async grant(path: string): Promise<void> {
    const granted = await this.all();
    const real = await realOf(path);
    granted.delete(real);
    granted.add(real);
    for (const oldest of granted) {
      if (granted.size <= MOST) break;
      granted.delete(oldest);
    }
    const value = { schema: 'exitlab.granted/1', paths: [...granted] };
    // One that is not remembered is granted until the app ends.
    await this.writes.next(() => writeKept(this.kept, value)).catch(() => {});
  }

  async locate(name: string): Promise<string> {
    if (!isAbsolute(name) || name.includes('\0'))
      throw failed('refused', `${shown(name)}: a path must be absolute here`);
    const path = resolve(name);
    if (!(await this.all()).has(await realOf(path)))
      throw failed('refused', `${shown(name)}: you have not chosen this file in a dialog: open it, or use Save as`);
    return path;
  }

  nameOf(path: string): string {
    return path;
  }

  private all(): Promise<Set<string>> {
    return (this.granted ??= readKept(this.kept, 1 << 23, (input) => v.parse(schema, input).paths).then(
      ({ value }) => new Set(value ?? []),
    ));
  }
}

/** The file that a path leads to, links followed; for one that does not exist yet, its name in the folder that its folder leads to. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const folder = await realpath(dirname(path)).catch(() => dirname(resolve(path)));
    return join(folder, basename(path));
  }
}
