/**
 * Resolves at the first SIGINT or SIGTERM, so that a server can end in good order; the second one ends the process at once. `onEnter` is
 * called for each line of a terminal's input.
 */
export function untilStopped(onEnter: () => void): Promise<void> {
  const { stdin } = process;
  const reads = stdin.isTTY;
  if (reads) {
    stdin.on('data', onEnter);
    stdin.resume();
  }
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.removeAllListeners(signal);
      process.once(signal, () => {
        if (reads) stdin.pause();
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}
