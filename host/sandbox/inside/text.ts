/** Values as text, for messages and for the host. Self-contained: see prelude.ts. */
export interface InsideText {
  /** A value as a message quotes it. */
  readonly show: (value: unknown) => string;
  /** JSON with marks for what JSON has no word for; wire.ts reads it. */
  readonly encode: (value: unknown) => string;
  /** A value as console.log prints it. */
  readonly print: (value: unknown) => string;
}

export function insideText(): InsideText {
  const show = (value: unknown): string => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'function') return 'a function';
    if (typeof value === 'symbol') return 'a symbol';
    return Array.isArray(value)
      ? 'an array'
      : typeof value === 'object' && value !== null
        ? 'an object'
        : `${value as number}`;
  };

  const encode = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part === 'bigint') return { $: 'bigint', value: `${part}` };
      if (typeof part === 'number' && !Number.isFinite(part)) return { $: 'number', value: `${part}` };
      if (part instanceof Uint8Array) return { $: 'bytes', value: [...part] };
      return typeof part === 'function' || typeof part === 'symbol' ? { $: 'other', value: show(part) } : part;
    }) ?? 'null';
  const print = (value: unknown): string => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return String(value);
    return (
      JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value)
    );
  };
  return { show, encode, print };
}
