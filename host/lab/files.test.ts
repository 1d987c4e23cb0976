import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically } from './atomic-file.ts';
import { type Dialogs, Files } from './files.ts';
import { GrantedPlaces } from './granted-places.ts';
import { below, type Places } from './places.ts';
import { Recent } from './recent.ts';

let root = '';
const open = (dialogs: Dialogs | null = null, places: Places = below(root)): Files =>
  new Files(places, dialogs, new Recent(join(root, '.data/recent.json')));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const failure = (code: string) => ({ failure: { code } });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'exitlab-files-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('files of the user', () => {
  it('are plain text, saved and read as they are', async () => {
    const text = 'scenario({})\r\n// ü \u2028 😀';
    const saved = await open().saveAs({ name: 'deep/in/a.ts', text, overwrite: false });
    expect(saved).toMatchObject({ path: 'deep/in/a.ts', name: 'a.ts' });
    expect(read('deep/in/a.ts')).toBe(text);
    expect(await open().open({ path: 'deep/in/a.ts' })).toEqual({ ...saved, text });
  });

  it('are not overwritten by accident', async () => {
    writeFileSync(join(root, 'a.ts'), 'old');
    await expect(open().saveAs({ name: 'a.ts', text: 'new', overwrite: false })).rejects.toMatchObject(
      failure('exists'),
    );
    expect(read('a.ts')).toBe('old');
    await open().saveAs({ name: 'a.ts', text: 'new', overwrite: true });
    expect(read('a.ts')).toBe('new');
  });

  it('that somebody else changed are not saved over', async () => {
    writeFileSync(join(root, 'a.ts'), 'old');
    const opened = await open().open({ path: 'a.ts' });
    writeFileSync(join(root, 'a.ts'), 'theirs');
    utimesSync(join(root, 'a.ts'), 1, 1);
    const save = open().save({ path: 'a.ts', text: 'mine', base: opened!.modified });
    await expect(save).rejects.toMatchObject(failure('changed'));
    expect(read('a.ts')).toBe('theirs');
    const saved = await open().save({ path: 'a.ts', text: 'mine', base: null });
    await open().save({ path: 'a.ts', text: 'again', base: saved.modified });
    expect(read('a.ts')).toBe('again');
  });

  it.each<[string, string]>([
    ['gone.ts', 'not-found'],
    ['folder', 'refused'],
    ['latin1.ts', 'refused'],
    ['pipe', 'refused'],
    ['../x.ts', 'refused'],
  ])('%s cannot be opened: %s', async (path, code) => {
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'latin1.ts'), Buffer.from([0x66, 0xfc, 0x72]));
    if (process.platform !== 'win32') execFileSync('mkfifo', [join(root, 'pipe')]);
    await expect(open().open({ path })).rejects.toMatchObject(failure(code));
  });

  it('are listed: scripts and results, nothing hidden', async () => {
    for (const name of ['b.ts', 'a.js', 'r.exitlab.json', 'x.d.ts', 'note.md', '.hidden.ts'])
      writeFileSync(join(root, name), '');
    for (const folder of ['node_modules', '.git', 'sub']) {
      mkdirSync(join(root, folder));
      writeFileSync(join(root, folder, 'c.ts'), '');
    }
    const { files, more } = await open().list();
    expect(files.map(({ path }) => path)).toEqual(['a.js', 'b.ts', 'r.exitlab.json', 'sub/c.ts']);
    expect(more).toBe(0);
  });

  it('that were used lately come back, newest first, without those that are gone', async () => {
    for (const name of ['a.ts', 'b.ts', 'c.ts']) await open().saveAs({ name, text: '', overwrite: false });
    await open().open({ path: 'a.ts' });
    rmSync(join(root, 'b.ts'));
    expect((await open().listRecent()).map(({ path }) => path)).toEqual(['a.ts', 'c.ts']);
  });

  it('a damaged list of them is an empty one', async () => {
    mkdirSync(join(root, '.data'));
    writeFileSync(join(root, '.data/recent.json'), '{"names":');
    expect(await open().listRecent()).toEqual([]);
  });

  it('are asked for by dialogs where there are any', async () => {
    const path = join(root, 'chosen.ts');
    const granted = new GrantedPlaces(join(root, '.data/granted.json'));
    await granted.grant(path);
    const asked: string[] = [];
    const dialogs: Dialogs = {
      open: () => Promise.resolve(path),
      saveAs: (suggested) => {
        asked.push(suggested);
        return Promise.resolve(asked.length > 1 ? null : path);
      },
    };
    expect(await open(dialogs, granted).saveAs({ name: 'untitled.ts', text: 'x', overwrite: false })).toMatchObject({
      path,
    });
    expect(await open(dialogs, granted).saveAs({ name: 'again.ts', text: 'x', overwrite: false })).toBeNull();
    expect(asked).toEqual(['untitled.ts', 'again.ts']);
    expect(await open(dialogs, granted).open({ path: null })).toMatchObject({ path, text: 'x' });
    await expect(open().open({ path: null })).rejects.toMatchObject(failure('refused'));
  });
});

describe.skipIf(process.platform === 'win32')('an atomic write', () => {
  it('keeps permissions and links, and leaves nothing behind', async () => {
    writeFileSync(join(root, 'real.ts'), 'old');
    chmodSync(join(root, 'real.ts'), 0o640);
    symlinkSync(join(root, 'real.ts'), join(root, 'link.ts'));
    await writeAtomically(join(root, 'link.ts'), 'new');
    expect(read('real.ts')).toBe('new');
    expect(statSync(join(root, 'real.ts')).mode & 0o777).toBe(0o640);
    expect(readdirSync(root).sort()).toEqual(['link.ts', 'real.ts']);
  });

  it('that fails leaves the old file and nothing else', async () => {
    mkdirSync(join(root, 'a.ts'));
    await expect(writeAtomically(join(root, 'a.ts'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(root)).toEqual(['a.ts']);
  });
});
