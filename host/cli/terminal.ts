import { COLOUR, PLAIN, type Style } from '../../core/index.ts';

/** Where a command writes. Kept apart from `process` so that it can be closed over in one place. */
export interface Terminal {
  /** Standard output. */
  readonly out: (text: string) => void;
  /** Standard error. */
  readonly err: (text: string) => void;
  readonly style: Style;
  /** True when standard error is a terminal, so that progress may be drawn on it. */
  readonly live: boolean;
}

/** The process's own terminal. Colour only on a terminal, and not when NO_COLOR is set (no-color.org). */
export function processTerminal(): Terminal {
  const coloured = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  // A reader that goes away (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    style: coloured ? COLOUR : PLAIN,
    live: process.stderr.isTTY,
  };
}
