import type { SendCommand } from './commands.ts';

/** Lets the window read and write a file that the user chose. */
export type GrantFile = (path: string) => Promise<void>;

/** Has the window open a file that the user chose outside of it: from the menu, the command line or the system. In order. */
export function openGranted(grant: GrantFile, send: SendCommand): (path: string) => void {
  let last: Promise<void> = Promise.resolve();
  return (path) => {
    last = last.then(() => grant(path)).then(() => send('file.open', path));
  };
}
