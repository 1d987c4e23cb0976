/**
 * Ends this process in good order when its launcher is gone without a word: a SIGKILL cannot be passed on, and a server would keep its port.
 * The launcher holds the other end of a channel; without one nothing is followed.
 */
export function followLauncher(): void {
  if (process.channel === undefined || process.channel === null) return;
  // The handlers of the signal, and not the signal itself: Windows knows none that can be handled.
  process.once('disconnect', () => process.emit('SIGTERM', 'SIGTERM'));
  // What is to be done decides how long this process lives, not the channel.
  process.channel.unref();
}
