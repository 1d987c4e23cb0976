import { describe, expect, it } from 'vitest';
import { listFiles, readSource, type SourceFile } from './sources.ts';

/** Things that belong to one machine or one moment, and therefore to no file. Spelled apart, so that this file is clean itself. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a path of somebody’s machine', /(?<![\w.~*-])\/(?:home|root|work|Users|mnt|tmp)\/\w/],
  ['a registry’s address', new RegExp(['registry', '(npmjs|yarnpkg)', '(org|com)'].join('\\.'))],
  ['a resolved address in the lockfile', /"resolved":/],
  ['a test that silences all others', /\b(?:it|test|describe)\.only\(/],
  ['a conflict mark', /^(?:<{7}|>{7}) /m],
];

const TEXT = /\.(?:ts|mjs|js|json|md|ya?ml|sh|txt)$|\/run$|\/\.\w+$|^\.\w+/;

function findings({ path, text }: SourceFile): string[] {
  return FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => `${path}: ${what}`);
}

describe('every file speaks of the project alone', () => {
  const files = listFiles().filter((path) => TEXT.test(path) && path !== 'test/architecture/language.test.ts');

  it.each(['core/', 'host/', 'scenarios/', 'test/', 'docs/', ''])('below "%s"', (top) => {
    const mine = files.filter((path) =>
      top === '' ? !/^(core|host|scenarios|test|docs)\//.test(path) : path.startsWith(top),
    );
    expect(mine.map(readSource).flatMap(findings)).toEqual([]);
  });

  it('and the check sees what it forbids', () => {
    const sample = (text: string) => findings({ path: 'a.md', text }).length;
    expect(sample(`see ${'/ho'}me/ann/notes`)).toBe(1);
    expect(sample(`it.${'only'}('x')`)).toBe(1);
    expect(sample('host/workers/ and a/home/b')).toBe(0);
  });
});
