/** A script after checking: JavaScript for the sandbox, and what leads back to the user's text. Plain data, so it can be sent to a worker. */
export interface CompiledScript {
  /** As the user named it; used in messages only. */
  readonly file: string;
  /** The user's text. */
  readonly text: string;
  readonly javascript: string;
  /** Source map of `javascript`, JSON. */
  readonly sourceMap: string;
  /** Line and column of each call site, flattened; site n is at 2 * (n - 1). */
  readonly sites: readonly number[];
}
