import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.ts';

let folder = '';
const open = (): Workspace => new Workspace(folder, '0.1.0');
const run = {
  runId: 'r1',
  script: { name: 'a.ts', text: 'x' },
  options: { check: true, events: 0, seconds: 0 },
  configurations: [],
  outcomes: [],
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-workspace-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the workspace', () => {
  it('is empty at first', async () => {
    expect(await open().get()).toMatchObject({ state: null, lastRun: null, problems: [] });
  });

  it('comes back, the last state and the last run', async () => {
    const workspace = open();
    await workspace.put({ layout: 1 });
    await Promise.all([workspace.put({ layout: 2 }), workspace.keep(run)]);
    expect(await open().get()).toMatchObject({ state: { layout: 2 }, lastRun: run, problems: [] });
  });

  it.each<[string, string, RegExp]>([
    ['workspace.json', '{"schema":"exitlab.workspace/1","sta', /damaged/],
    ['workspace.json', '[]', /damaged/],
    ['workspace.json', '\0\0\0\0', /damaged/],
    ['workspace.json', '{"schema":"exitlab.workspace/2","state":{}}', /another version.*workspace\/2/],
    ['last-run.json', '', /damaged/],
    ['last-run.json', '{"schema":"exitlab.result/9","run":1}', /later version/],
    ['last-run.json', '{"schema":"exitlab.result/1","run":1}', /damaged at/],
  ])('%s with %j costs itself alone, is told of and kept aside', async (name, text, sentence) => {
    await open().put({ layout: 1 });
    await open().keep(run);
    writeFileSync(join(folder, name), text);
    const found = await open().get();
    expect(found.problems).toHaveLength(1);
    expect(found.problems[0]).toMatch(sentence);
    expect(found.state).toEqual(name === 'workspace.json' ? null : { layout: 1 });
    expect(found.lastRun).toEqual(name === 'last-run.json' ? null : run);
    await open().put({ layout: 3 });
    await open().keep(run);
    const aside = readdirSync(folder).find((each) => each.startsWith(`${name}.unread-`));
    expect(readFileSync(join(folder, aside!), 'utf8')).toBe(text);
    expect((await open().get()).problems).toEqual([]);
  });

  it('refuses a state that is too large, and keeps the old one', async () => {
    await open().put({ layout: 1 });
    await expect(open().put('x'.repeat(5 * 1024 * 1024))).rejects.toMatchObject({ failure: { code: 'refused' } });
    expect((await open().get()).state).toEqual({ layout: 1 });
  });
});
