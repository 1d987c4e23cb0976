import { grouped } from './numbers.ts';

/** Which of `all` configurations something is about: `all 6 configurations`, or their names, at most so many of them. */
export function configurationsNamed(names: readonly string[], all: number, most = Infinity): string {
  if (names.length === all && all > 1) return `all ${grouped(all)} configurations`;
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${grouped(names.length - most)} more`;
}
