/** A mistake in the user's script: one sentence, and where. Lines and columns count from 1; 0 means the whole file. */
export interface ScriptError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `file:line:column: sentence`, as compilers and editors write it. */
export function formatScriptError(error: ScriptError): string {
  const place = error.line > 0 ? `${error.file}:${error.line}:${error.column}` : error.file;
  return `${place}: ${error.message}`;
}
