import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrantedPlaces } from './granted-places.ts';

let root = '';
const open = (): GrantedPlaces => new GrantedPlaces(join(root, 'data/granted.json'));
const at = (name: string): string => join(root, name);
const refused = { failure: { code: 'refused' } };

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'exitlab-granted-')));
  for (const name of ['mine.ts', 'secret']) writeFileSync(at(name), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('granted places', () => {
  it('are the files that were granted, and those that do not exist yet', async () => {
    const places = open();
    await places.grant(at('mine.ts'));
    await places.grant(at('new.ts'));
    expect(await places.locate(at('mine.ts'))).toBe(at('mine.ts'));
    expect(await places.locate(at('data/../new.ts'))).toBe(at('new.ts'));
    expect(places.nameOf(at('mine.ts'))).toBe(at('mine.ts'));
  });

  it.each(['secret', 'mine.ts/../secret', '', 'mine.ts\0', 'other.ts'])('are not %j', async (name) => {
    const places = open();
    await places.grant(at('mine.ts'));
    await expect(places.locate(name === '' ? root : `${root}/${name}`)).rejects.toMatchObject(refused);
  });

  it.each(['mine.ts', '', './mine.ts'])('are absolute, so not %j', async (name) => {
    const places = open();
    await places.grant(at('mine.ts'));
    await expect(places.locate(name)).rejects.toMatchObject(refused);
  });

  it('are refused with a sentence that says what to do', async () => {
    await expect(open().locate(at('secret'))).rejects.toThrow(/you have not chosen this file .* use Save as$/);
  });

  it('are remembered, for the user alone', async () => {
    await open().grant(at('mine.ts'));
    expect(await open().locate(at('mine.ts'))).toBe(at('mine.ts'));
    expect(JSON.parse(readFileSync(at('data/granted.json'), 'utf8'))).toEqual({
      schema: 'exitlab.granted/1',
      paths: [at('mine.ts')],
    });
  });

  it('are none when what is remembered cannot be read', async () => {
    mkdirSync(at('data'));
    writeFileSync(at('data/granted.json'), '{"paths":');
    await expect(open().locate(at('mine.ts'))).rejects.toMatchObject(refused);
  });

  it('many at once are all remembered', async () => {
    const places = open();
    await Promise.all(Array.from({ length: 20 }, (_, n) => places.grant(at(`${n}.ts`))));
    for (let n = 0; n < 20; n++) expect(await open().locate(at(`${n}.ts`))).toBe(at(`${n}.ts`));
  });

  describe.skipIf(process.platform === 'win32')('with links', () => {
    it('a link grants the file that it leads to', async () => {
      symlinkSync(at('mine.ts'), at('link.ts'));
      const places = open();
      await places.grant(at('link.ts'));
      expect(await places.locate(at('mine.ts'))).toBe(at('mine.ts'));
    });

    it('a link that leads elsewhere later is refused', async () => {
      symlinkSync(at('mine.ts'), at('link.ts'));
      const places = open();
      await places.grant(at('link.ts'));
      unlinkSync(at('link.ts'));
      symlinkSync(at('secret'), at('link.ts'));
      await expect(places.locate(at('link.ts'))).rejects.toMatchObject(refused);
    });

    it('a folder that is a link leads to the same file', async () => {
      symlinkSync(root, at('again'));
      const places = open();
      await places.grant(at('again/new.ts'));
      expect(await places.locate(at('new.ts'))).toBe(at('new.ts'));
    });
  });
});
