import type { ScriptError } from '../sandbox/script-error.ts';

/** Input that cannot be worked with: sentences for the user, never a stack trace. */
export class BadInput extends Error {
  readonly mistakes: readonly ScriptError[];

  /** Mistakes of a script, or one sentence. */
  constructor(mistakes: readonly ScriptError[] | string) {
    super(typeof mistakes === 'string' ? mistakes : 'the script has mistakes');
    this.mistakes = typeof mistakes === 'string' ? [] : mistakes;
  }
}
