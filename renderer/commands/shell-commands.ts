import type { Bench } from '../state/bench.ts';
import { openFile } from '../state/open-document.ts';
import { execute, type Command } from './command.ts';

/** Carries out what is chosen in the menu of the shell around the window. Returns the undo. */
export function listenForShell(bench: Bench, commands: readonly Command[]): () => void {
  return bench.lab.listen((event) => {
    if (event.name !== 'shell.command') return;
    const { command, argument } = event.data;
    if (command === 'file.open' && argument !== null) void openFile(bench, argument);
    else execute(commands, command);
  });
}
