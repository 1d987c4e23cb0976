import type { Bench } from '../state/bench.ts';
import { editCommands } from './edit-commands.ts';
import { fileCommands } from './file-commands.ts';
import type { Command } from './command.ts';
import { goCommands } from './go-commands.ts';
import { paneCommands } from './pane-commands.ts';
import { reportCommands } from './report-commands.ts';
import { runCommands } from './run-commands.ts';
import { viewCommands } from './view-commands.ts';

/** Every command of the window. */
export const commandsOf = (bench: Bench): readonly Command[] => [
  ...fileCommands(bench),
  ...editCommands(bench),
  ...viewCommands(bench),
  ...runCommands(bench),
  ...goCommands(bench),
  ...paneCommands(bench),
  ...reportCommands(bench),
];
