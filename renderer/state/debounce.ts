/** A function that waits until its calls pause. */
export interface Debounced<A extends readonly unknown[]> {
  (...args: A): void;
  /** Runs a waiting call now. */
  flush(): void;
  cancel(): void;
}

/**
 * Calls `work` once, `ms` milliseconds after the last of a row of calls, with that call's arguments; a row that does not end gets it every
 * `most` milliseconds.
 */
export function debounce<A extends readonly unknown[]>(
  ms: number,
  work: (...args: A) => void,
  most = Infinity,
): Debounced<A> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let waiting: A | null = null;
  let since = 0;
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const fire = (): void => {
    stop();
    const args = waiting;
    waiting = null;
    if (args !== null) work(...args);
  };
  const call = (...args: A): void => {
    stop();
    if (waiting === null) since = performance.now();
    waiting = args;
    timer = setTimeout(fire, Math.max(0, Math.min(ms, since + most - performance.now())));
  };
  return Object.assign(call, {
    flush: fire,
    cancel: () => {
      stop();
      waiting = null;
    },
  });
}
