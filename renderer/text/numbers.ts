/** Thousands apart by a thin space, as SI writes them: `1 000 000`. */
export function grouped(value: number, digits = 0): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return `${value < 0 ? '\u2212' : ''}${text}${fraction === undefined ? '' : `.${fraction}`}`;
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'];

/** A count in few characters: `999`, `1.00M`, `12.3k`. Exact below 10 000. */
export function compact(value: number): string {
  if (value < 10_000) return grouped(value);
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${rest.toPrecision(3)}${UNITS[unit]}`;
}

/** Time for people: `12 ms`, `3.4 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;
