import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { build } from 'vite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResultFile } from '../contract/lab.ts';
import { History } from './history.ts';
import { MIGRATIONS } from './migrations.ts';
import { openDatabase } from './open-database.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-history-'));
  path = join(folder, 'history.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(now?: number): History {
  const opened = History.open(path, now);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

const configuration = {
  name: 'ept/pio',
  cpu: 'skylake-sp',
  mmu: 'ept' as const,
  kernel: '7.0',
  design: 'pio',
  mitigations: 'default',
  nestedHost: false,
  vpid: true,
  hostPage: '4K' as const,
  seed: 1,
  switches: {},
};

const sample = (title = 'Virtio doorbell', accesses = 10): ResultFile => ({
  schema: 'exitlab.result/1',
  version: '0.1.0',
  run: {
    runId: 'a',
    script: { name: 'bell.ts', text: `scenario({ title: '${title}', guest(cpu) { cpu.kick(1) } })` },
    options: { check: true, events: 0, seconds: 0 },
    configurations: [configuration],
    outcomes: [
      {
        result: {
          configuration,
          accesses,
          paths: [{ steps: [['guest.out', 1]], count: accesses }],
          phases: [],
          hostPaths: [],
          stats: {},
          exits: {},
          eventfds: {},
          userspaceExits: 0,
          divergences: [],
          notes: [],
          problem: null,
          clock: 0,
          checked: true,
        },
        firsts: [1],
        lines: [],
        events: null,
        cached: false,
      },
    ],
  },
  prices: {},
});

describe('the history', () => {
  it('gives back what was stored, byte for byte, after it was closed', () => {
    const first = open();
    const id = first.add(sample(), 'Virtio doorbell');
    first.close();
    const again = open();
    expect(again.get(id)).toEqual({ ok: true, value: sample() });
    expect(again.list()).toMatchObject([
      { id, title: 'Virtio doorbell', configurations: [{ name: 'ept/pio', accesses: 10, divergences: 0 }] },
    ]);
    again.close();
  });

  it('finds runs by words of title, script, configuration, note and tag, and by the beginning of a word', () => {
    const history = open();
    const bell = history.add(sample(), 'Virtio doorbell');
    const flash = history.add(sample('Read-only flash'), 'Read-only flash');
    history.change(flash, { note: 'for the mailing list', tags: ['rfc-v2'] });
    const found = (search: string): number[] => history.list({ search }).map(({ id }) => id);
    expect(found('doorbell')).toEqual([bell]);
    expect(found('Read-only')).toEqual([flash]);
    expect(found('mail list')).toEqual([flash]);
    expect(found('rfc-v2')).toEqual([flash]);
    expect(found('skylake')).toEqual([flash, bell]);
    expect(found('cpu.kick doorbell')).toEqual([bell]);
    expect(found('"" OR * NEAR( -')).toEqual([]);
    expect(history.list({ tag: 'rfc-v2' }).map(({ id }) => id)).toEqual([flash]);
    expect(history.tags()).toEqual([{ tag: 'rfc-v2', runs: 1 }]);
    history.close();
  });

  it('deletes, and takes it back; long-deleted runs go for good when it is opened', () => {
    const day = 24 * 3600 * 1000;
    const history = open(0);
    const [one, two] = [history.add(sample(), 'Virtio doorbell', 0), history.add(sample(), 'Virtio doorbell', 0)];
    history.change(one, { deleted: true }, day);
    expect(history.list().map(({ id }) => id)).toEqual([two]);
    expect(history.list({ deleted: true }).map(({ id }) => id)).toEqual([one]);
    expect(history.lastDeleted()).toBe(one);
    history.change(one, { deleted: false });
    expect(history.list().map(({ id }) => id)).toEqual([two, one]);
    history.change(one, { deleted: true }, day);
    history.close();
    open(30 * day).close();
    const later = open(32 * day);
    expect(later.find(one)).toMatchObject({ ok: false });
    expect(later.list({ search: 'doorbell' }).map(({ id }) => id)).toEqual([two]);
    // Ids are never given again.
    expect(later.add(sample(), 'Virtio doorbell')).toBe(3);
    later.close();
  });

  it.each([
    [{ tags: ['a b'] }, "'a b' is no tag"],
    [{ tags: [''] }, "'' is no tag"],
    [{ note: 'x'.repeat(10_001) }, 'a note has at most 10000 characters'],
  ])('refuses %j', (change, sentence) => {
    const history = open();
    const id = history.add(sample(), 'Virtio doorbell');
    expect(history.change(id, change)).toMatchObject({ ok: false, error: expect.stringContaining(sentence) as string });
    expect(history.change(99, {})).toEqual({ ok: false, error: 'there is no run 99 in the history' });
    expect(history.get(99)).toEqual({ ok: false, error: 'there is no run 99 in the history' });
    history.close();
  });

  it('serves two processes at once', () => {
    const [one, other] = [open(), open()];
    expect([one.add(sample(), 'a'), other.add(sample(), 'b'), one.add(sample(), 'a')]).toEqual([1, 2, 3]);
    expect(other.list()).toHaveLength(3);
    one.close();
    other.close();
  });
});

describe('a history of another version', () => {
  it('from later is refused and not touched', () => {
    open().close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(History.open(path)).toMatchObject({
      ok: false,
      error: expect.stringContaining('written by a later version of Exitlab (schema 99') as string,
    });
    expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([]);
  });

  it('from before is brought up to date after a whole copy of it was made', () => {
    const history = open();
    const id = history.add(sample(), 'Virtio doorbell');
    history.close();
    const steps = [...MIGRATIONS, "ALTER TABLE runs ADD COLUMN host TEXT NOT NULL DEFAULT ''"];
    const db = openDatabase(path, steps);
    if (!db.ok) throw new Error(db.error);
    expect(db.value.prepare('SELECT id, host FROM runs').all()).toEqual([{ id, host: '' }]);
    db.value.close();
    const copy = new DatabaseSync(`${path}.before-schema-2`, { readOnly: true });
    expect(copy.prepare('SELECT count(*) AS n FROM runs').get()).toEqual({ n: 1 });
    expect(copy.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
    copy.close();
  });

  it('stays as it was when a step fails', () => {
    const history = open();
    history.add(sample(), 'Virtio doorbell');
    history.close();
    const opened = openDatabase(path, [...MIGRATIONS, 'ALTER TABLE runs ADD COLUMN host TEXT; SELECT * FROM nowhere']);
    expect(opened).toMatchObject({ ok: false, error: expect.stringContaining('no such table: nowhere') as string });
    const again = open();
    expect(again.list()).toHaveLength(1);
    again.close();
  });

  it('is copied again where a kill cut the copy short', () => {
    const history = open();
    history.add(sample(), 'Virtio doorbell');
    history.close();
    // What a kill leaves is never under the name of a whole copy.
    writeFileSync(`${path}.before-schema-2.part-${process.pid}`, 'half of a copy');
    const opened = openDatabase(path, [...MIGRATIONS, 'ALTER TABLE runs ADD COLUMN host TEXT']);
    if (!opened.ok) throw new Error(opened.error);
    opened.value.close();
    const copy = new DatabaseSync(`${path}.before-schema-2`, { readOnly: true });
    expect(copy.prepare('SELECT count(*) AS n FROM runs').get()).toEqual({ n: 1 });
    copy.close();
    expect(existsSync(`${path}.before-schema-2.part-${process.pid}`)).toBe(false);
  });

  it('in a folder that cannot be made is a sentence', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const place of [join(file, 'x', 'history.sqlite'), join(file, 'history.sqlite')])
      expect(History.open(place)).toMatchObject({
        ok: false,
        error: expect.stringContaining('cannot be opened') as string,
      });
  });

  it('that is no database is a sentence', () => {
    writeFileSync(path, 'this is not SQLite, it is a text that somebody put here'.repeat(20));
    expect(History.open(path)).toMatchObject({ ok: false, error: expect.stringContaining('cannot be read') as string });
  });
});

/** A program of the project's as one file without what it does not use: it starts ten times as fast, and it is started a hundred times. */
async function bundled(program: string, outDir: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: program,
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'writer.mjs' } },
    },
  });
  return join(outDir, 'writer.mjs');
}

describe('a kill', () => {
  it('at any of a hundred moments loses no run that was stored', { timeout: 400_000 }, async () => {
    const file = join(folder, 'sample.json');
    writeFileSync(file, JSON.stringify(sample()));
    const program = await bundled(join(import.meta.dirname, 'kill-writer.ts'), folder);
    let told = 0;
    for (let kill = 0; kill < 100; kill++) {
      const writer = spawn(process.execPath, [program, path, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      let first = true;
      await new Promise<void>((over) => {
        writer.on('exit', () => over());
        writer.stdout.on('data', (piece: Buffer) => {
          said += piece.toString();
          if (!first) return;
          first = false;
          // Some time after the first run: in the middle of any later one.
          setTimeout(() => writer.kill('SIGKILL'), (kill * 7) % 40);
        });
      });
      const ids = said.split('\n').slice(0, -1).map(Number);
      expect(ids.length).toBeGreaterThan(0);
      told = Math.max(told, ...ids);
      open().close();
      const db = new DatabaseSync(path, { readOnly: true });
      const find = db.prepare('SELECT 1 FROM runs WHERE id = ?');
      expect(ids.filter((id) => find.get(id) === undefined)).toEqual([]);
      db.close();
    }
    const db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(Number(db.prepare('SELECT count(*) AS n FROM runs').get()!['n'])).toBeGreaterThanOrEqual(told);
    db.close();
  });
});
