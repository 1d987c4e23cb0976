const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Nesting no file of ours needs. */
const DEEPEST = 64;

/**
 * Where a text stops being JSON: the offset of the first character that fits nowhere, the text's length when it ends too early, or
 * `undefined` when it is JSON nested no deeper than 64.
 */
export function firstProblem(text: string): number | undefined {
  let at = skip(SPACE, text, 0);
  /** Closing brackets still to come. */
  const open: string[] = [];
  let state: 'value' | 'first' | 'key' | 'after' = 'value';
  for (;;) {
    const char = text[at];
    if (state === 'after') {
      if (open.length === 0) return at === text.length ? undefined : at;
      if (char === ',') state = open.at(-1) === '}' ? 'key' : 'value';
      else if (char === open.at(-1)) open.pop();
      else return at;
      at = skip(SPACE, text, at + 1);
    } else if (state === 'first' && char === open.at(-1)) {
      open.pop();
      state = 'after';
      at = skip(SPACE, text, at + 1);
    } else if (state === 'key' || (state === 'first' && open.at(-1) === '}')) {
      const end = char === '"' ? stringEnd(text, at) : -1;
      if (end < 0) return char === '"' ? -end - 1 : at;
      at = skip(SPACE, text, end);
      if (text[at] !== ':') return at;
      at = skip(SPACE, text, at + 1);
      state = 'value';
    } else if (char === '{' || char === '[') {
      if (open.push(char === '{' ? '}' : ']') > DEEPEST) return at;
      state = 'first';
      at = skip(SPACE, text, at + 1);
    } else {
      const end = char === '"' ? stringEnd(text, at) : skip(SCALAR, text, at);
      if (end < 0) return -end - 1;
      if (end === at) return at;
      at = skip(SPACE, text, end);
      state = 'after';
    }
  }
}

/** End of what a sticky pattern matches at a place, or the place itself. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Offset after the closing quote, or -(offset + 1) of what is wrong. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -at - 1;
    if (code === 0x5c) {
      const end = skip(ESCAPE, text, at);
      if (end === at) return -at - 1;
      at = end - 1;
    }
  }
  return -text.length - 1;
}
