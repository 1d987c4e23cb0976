/** One channel each way between window and main process; what goes through is host/contract's. */
export const CHANNELS = {
  /** Window to main: a call, answered. */
  call: 'exitlab:call',
  /** Main to window: an event. */
  event: 'exitlab:event',
} as const;
