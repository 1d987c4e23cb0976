const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text inside HTML or SVG, or in a quoted attribute. */
export const markup = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char]!);

/** A coordinate: at most two decimals, never an exponent. */
export const at = (value: number): string => String(Math.round(value * 100) / 100);

/** A step for about `wanted` ticks from 0 to `most`: 1, 2 or 5 times a power of ten. */
export function tickStep(most: number, wanted = 5): number {
  const raw = Math.max(most, 1e-9) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}
