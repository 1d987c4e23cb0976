import { describe, expect, it } from 'vitest';
import { isTest, typescriptFiles } from './sources.ts';

/** Lines a file should stay under, so that it holds one idea. */
const AIM = 120;
/** Lines no file may exceed. */
const LIMIT = 500;

/** Tables of facts are as long as the manual's; the script language's own manual is one file, as the editor and the type check want it. */
const isTable = (path: string) => path.startsWith('core/spec/') || path === 'host/contract/exitlab.d.ts';

const sizes = typescriptFiles('core', 'host', 'renderer', 'electron', 'scenarios', 'test')
  .filter(({ path }) => !isTable(path))
  .map(({ path, text }) => ({ path, lines: text.split('\n').length }));

describe('files are small', () => {
  it(`none has more than ${LIMIT} lines`, () => {
    expect(sizes.filter(({ lines }) => lines > LIMIT)).toEqual([]);
  });

  it(`most of the code stays under ${AIM}`, () => {
    const code = sizes.filter(({ path }) => !isTest(path));
    const within = code.filter(({ lines }) => lines <= AIM);
    expect(within.length / code.length).toBeGreaterThan(0.5);
  });
});
