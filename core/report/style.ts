/** Emphasis in text. On a terminal these add colour; everywhere else they return what they get. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const same = (text: string): string => text;

export const PLAIN: Style = { heading: same, quiet: same, good: same, bad: same };

/** Begins a mark of colour, which an `m` ends. */
const MARK = '\u001b[';

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `${MARK}${on}m${text}${MARK}${off}m`;

/** Length of a text as it is seen: marks take no room. */
export function visibleLength(text: string): number {
  const [first = '', ...marked] = text.split(MARK);
  return marked.reduce((length, part) => length + part.length - part.indexOf('m') - 1, first.length);
}

export const COLOUR: Style = { heading: sgr(1, 22), quiet: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39) };
