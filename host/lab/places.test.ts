import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { below } from './places.ts';

let top = '';
let root = '';

beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'exitlab-places-')));
  root = join(top, 'mine');
  mkdirSync(join(root, 'sub'), { recursive: true });
  mkdirSync(join(top, 'mine-too'));
  writeFileSync(join(top, 'secret.ts'), 'secret');
  symlinkSync(join(top, 'secret.ts'), join(root, 'link.ts'));
  symlinkSync(top, join(root, 'out'));
  symlinkSync(join(top, 'mine-too'), join(root, 'neighbour'));
  symlinkSync(join(root, 'sub'), join(root, 'inside'));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('below a folder', () => {
  it.each(['a.ts', 'sub/b.ts', 'new/folder/c.ts', 'inside/d.ts', 'über ö.ts', 'a..b.ts'])(
    '%s is a file',
    async (name) => {
      expect(await below(root).locate(name)).toBe(join(root, name));
    },
  );

  it('a file has the name that leads to it', async () => {
    const places = below(root);
    expect(places.nameOf(await places.locate('sub/b.ts'))).toBe('sub/b.ts');
  });

  it.each([
    '../secret.ts',
    'sub/../../secret.ts',
    '..',
    '.',
    '',
    '/etc/passwd',
    'sub//b.ts',
    './a.ts',
    '..\\secret.ts',
    'C:\\secret.ts',
    'C:secret.ts',
    'a.ts\0.png',
    'a\n.ts',
    '.git/config',
    '.bashrc',
    'sub/.env',
    'node_modules/x/index.js',
    'con',
    'NUL.ts',
    'a.ts.',
    'a.ts ',
    'link.ts',
    'out/secret.ts',
    'out/new.ts',
    'neighbour/x.ts',
  ])('%j is refused with a sentence', async (name) => {
    await expect(below(root).locate(name)).rejects.toMatchObject({ failure: { code: 'refused' } });
  });

  it('the sentence cannot bring control characters along', async () => {
    const error: Error = await below(root)
      .locate('a\u001b[2J.ts')
      .then(
        () => new Error('taken'),
        (thrown: Error) => thrown,
      );
    expect(error.message).toContain('control characters');
    expect(error.message).not.toContain('\u001b');
  });
});
