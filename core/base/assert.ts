/** A broken invariant of the program itself: never raised for user input or for what a guest does. */
class BugError extends Error {
  override name = 'BugError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

export function assertNever(value: never, what: string): never {
  throw new BugError(`unexpected ${what}: ${String(value)}`);
}
