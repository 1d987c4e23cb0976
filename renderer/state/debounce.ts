/** A function that waits until its calls pause. */
export interface Debounced<A extends readonly unknown[]> {
  (...args: A): void;
  /** Runs a waiting call now. */
  flush(): void;
  cancel(): void;
}

/** Calls `work` once, `ms` milliseconds after the last of a row of calls, with that call's arguments. */
export function debounce<A extends readonly unknown[]>(ms: number, work: (...args: A) => void): Debounced<A> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let waiting: A | null = null;
  const fire = (): void => {
    timer = null;
    const args = waiting;
    waiting = null;
    if (args !== null) work(...args);
  };
  const cancel = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    waiting = null;
  };
  const call = (...args: A): void => {
    if (timer !== null) clearTimeout(timer);
    waiting = args;
    timer = setTimeout(fire, ms);
  };
  return Object.assign(call, {
    flush: () => {
      if (timer !== null) clearTimeout(timer);
      fire();
    },
    cancel,
  });
}
