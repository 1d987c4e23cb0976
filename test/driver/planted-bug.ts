import { expect } from 'vitest';

type Method = (this: unknown, ...args: never[]) => unknown;

/** Runs `body` while one method of a class is `bug`, which gets the object as `this`. */
export function withBug<R>(of: { readonly prototype: object }, name: string, bug: Method, body: () => R): R {
  const prototype = of.prototype as Record<string, Method>;
  const original = prototype[name]!;
  expect(original).toBeTypeOf('function');
  prototype[name] = bug;
  try {
    return body();
  } finally {
    prototype[name] = original;
  }
}
