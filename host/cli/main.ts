// The program: the process's own terminal, arguments and signals around the command line.
import { runCommandLine } from './command-line.ts';
import { EXIT_INTERRUPTED, EXIT_TERMINATED } from './exit-codes.ts';
import { followLauncher } from './follow-launcher.ts';
import { discardUnfinished } from './output.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    discardUnfinished();
    if (terminal.live) terminal.err('\r\u001b[K');
    process.exit(signal === 'SIGINT' ? EXIT_INTERRUPTED : EXIT_TERMINATED);
  });
followLauncher();
process.exitCode = await runCommandLine(process.argv.slice(2), terminal);
