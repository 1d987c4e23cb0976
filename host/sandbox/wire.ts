/** JSON as the prelude writes it: with marks for what JSON has no word for. */
export const fromWire = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$' in value) || !('value' in value)) return value;
    if (value.$ === 'bigint') return BigInt(value.value as string);
    if (value.$ === 'number') return Number(value.value);
    if (value.$ === 'bytes') return value.value;
    return new Unencodable(String(value.value));
  });

/** Something that is no data, e.g. a function where a number belongs. */
class Unencodable {
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}
