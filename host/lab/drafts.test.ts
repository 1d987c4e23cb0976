import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Drafts } from './drafts.ts';

const draft = { key: 'untitled:1', path: null, name: 'untitled', text: 'scenario(', base: null, by: 'one', seen: null };
const kept = ({ by: _, seen: __, ...rest }: typeof draft) => rest;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-drafts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a draft', () => {
  it('is found again, the last word of each key', async () => {
    const drafts = new Drafts(folder);
    await drafts.put(draft);
    await Promise.all(['a', 'b', 'c'].map((text) => drafts.put({ ...draft, text })));
    await drafts.put({ ...draft, key: '/x/../y.ts', path: '/y.ts', base: 5, text: 'other' });
    const { drafts: found, problems } = await new Drafts(folder).get();
    expect(problems).toEqual([]);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ ...kept(draft), text: 'c', version: expect.any(String) });
    expect(found).toContainEqual({
      key: '/x/../y.ts',
      path: '/y.ts',
      name: 'untitled',
      text: 'other',
      base: 5,
      version: expect.any(String),
    });
  });

  it('that is forgotten is gone, twice too', async () => {
    const drafts = new Drafts(folder);
    await drafts.put(draft);
    await drafts.put({ ...draft, text: null });
    await drafts.put({ ...draft, text: null });
    expect((await drafts.get()).drafts).toEqual([]);
  });

  it('of another window is not overwritten and not forgotten, unless it was seen', async () => {
    const drafts = new Drafts(folder);
    const { version } = await drafts.put({ ...draft, text: 'one’s' });
    const other = { ...draft, by: 'two', text: 'two’s' };
    await expect(drafts.put(other)).rejects.toMatchObject({ failure: { code: 'changed' } });
    await expect(drafts.put({ ...other, text: null })).rejects.toMatchObject({ failure: { code: 'changed' } });
    expect((await drafts.get()).drafts).toMatchObject([{ text: 'one’s', version }]);
    // The window itself goes on, whatever it has seen; so does one that was opened on this very text.
    await drafts.put({ ...draft, text: 'one’s, longer', seen: 'nothing of this' });
    const { version: longer } = (await drafts.get()).drafts[0]!;
    await drafts.put({ ...other, seen: longer });
    expect((await drafts.get()).drafts).toMatchObject([{ text: 'two’s' }]);
    // Equal texts are no conflict.
    await drafts.put({ ...other, by: 'three' });
  });

  it('that is damaged is put aside, and the others are found', async () => {
    const drafts = new Drafts(folder);
    await drafts.put(draft);
    await drafts.put({ ...draft, key: 'other' });
    const victim = readdirSync(folder).sort()[0]!;
    writeFileSync(join(folder, victim), '{"schema":"exitlab.draft/1","text":');
    const { drafts: found, problems } = await drafts.get();
    expect(found).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/damaged.*put aside as/);
    expect(readdirSync(folder).some((name) => name.startsWith(`${victim}.unread-`))).toBe(true);
    expect((await drafts.get()).problems).toEqual([]);
  });

  it('survives the kill of its process in the middle of the next write', async () => {
    const text = 'x'.repeat(2_000_000);
    const code = `
      const { Drafts } = await import(${JSON.stringify(new URL('./drafts.ts', import.meta.url).href)});
      const drafts = new Drafts(${JSON.stringify(folder)});
      for (let n = 0; ; n++) {
        await drafts.put({ ...${JSON.stringify(draft)}, text: n + ' ' + 'x'.repeat(2_000_000) });
        if (n === 3) console.log('kept');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const { drafts, problems } = await new Drafts(folder).get();
    expect(problems).toEqual([]);
    expect(drafts).toHaveLength(1);
    expect(Number(drafts[0]!.text.split(' ')[0])).toBeGreaterThanOrEqual(3);
    expect(drafts[0]!.text.endsWith(` ${text}`)).toBe(true);
    expect(readdirSync(folder).every((name) => name.endsWith('.json'))).toBe(true);
  }, 20_000);
});
