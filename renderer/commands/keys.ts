import { isEnabled, type Command } from './command.ts';
import { matches } from './shortcut.ts';

export const isMac = (): boolean => navigator.platform.startsWith('Mac');

/** While a dialog waits for an answer, keys are the dialog's. */
const isDialogOpen = (): boolean => document.querySelector('.dialog-overlay, .palette-overlay') !== null;

/** Runs commands by their keys, before the focused element sees them. Returns the undo. */
export function listenForShortcuts(commands: () => readonly Command[]): () => void {
  const mac = isMac();
  const onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const command = commands().find((candidate) =>
      candidate.shortcuts?.some((shortcut) => matches(event, shortcut, mac)),
    );
    if (command === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    // A key held down acts once.
    if (!event.repeat && !isDialogOpen() && isEnabled(command)) void command.run();
  };
  addEventListener('keydown', onKey, true);
  return () => removeEventListener('keydown', onKey, true);
}
