/** What a name may be broken behind. */
const PIECES = /[^/,+ -]+[/,+ -]*/g;

/**
 * A name as one or two lines of about `room` characters, broken behind `/`, `,`, `+`, `-` or a space: more lines would run
 * into the next bar. Of a name that is still too long the end is left, which tells it from the others.
 */
export function nameLines(name: string, room: number): string[] {
  if (name.length <= room) return [name];
  const pieces = name.match(PIECES) ?? [name];
  // From the end, so that what is left over is the start.
  let [first, second] = ['', ''];
  for (const piece of pieces.toReversed()) {
    if (first === '' && (piece + second).trimEnd().length <= room) second = piece + second;
    else first = piece + first;
  }
  if (second === '') [first, second] = ['', first];
  return [first, second].map((line) => endOf(line.trim(), room)).filter((line) => line !== '');
}

const endOf = (text: string, room: number): string =>
  text.length <= room ? text : `…${text.slice(text.length - room + 1)}`;
