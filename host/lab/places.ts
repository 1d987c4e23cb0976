import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { failed } from './failed.ts';

/** Where the user's files may lie, and how they are named in messages. */
export interface Places {
  /** The folder that limits them, or null. */
  readonly folder: string | null;
  /** The file that a name means; rejects a name that leads elsewhere. */
  locate(name: string): Promise<string>;
  /** The name of a file, the inverse of `locate`. */
  nameOf(path: string): string;
}

/** Files below one folder, by relative paths with slashes. Links that lead out of it are refused, and so is what is hidden. */
export function below(folder: string): Places {
  const root = resolve(folder);
  return {
    folder: root,
    async locate(name) {
      const refused = refusal(name);
      if (refused !== null) throw failed('refused', `${shown(name)}: ${refused}`);
      const path = join(root, ...name.split('/'));
      if (!isBelow(await realpath(root), await existing(path)))
        throw failed('refused', `${shown(name)}: it leads out of the folder ${root}`);
      return path;
    },
    nameOf: (path) => relative(root, path).split(sep).join('/'),
  };
}

/** Device names that Windows finds in every folder. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

function refusal(name: string): string | null {
  const parts = name.split('/');
  if ([...name].some((character) => character < ' ' || character === '\u007f'))
    return 'a file name has no control characters';
  if (isAbsolute(name) || name.startsWith('/')) return 'a path must be relative to the folder';
  if (parts.includes('..')) return 'it leads out of the folder';
  if (name.includes('\\') || name.includes(':')) return 'a file name has no \\ and no :';
  if (parts.some((part) => part === '' || part === '.')) return 'it is not a file name';
  if (parts.some((part) => part.startsWith('.'))) return 'hidden files are not for scripts';
  if (parts.includes('node_modules')) return 'packages are not for scripts';
  if (parts.some((part) => DEVICES.test(part) || /[. ]$/.test(part))) return 'it is not a file name on every system';
  return null;
}

/** What a path leads to, links followed; for one that does not exist, the deepest folder that does. */
async function existing(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return await realpath(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(at) === at)
        throw failed('refused', 'cannot be reached');
    }
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** A name that anybody may have sent, as a message shows it. */
export const shown = (name: string): string => JSON.stringify(name.slice(0, 200)).slice(1, -1);
