import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Configuration, parseConfigurations } from '../../core/index.ts';
import type { LabEvent, LabEventOf, LabParams } from '../contract/lab.ts';
import { createLab, type LabService } from './lab.ts';
import { below } from './places.ts';

let folder = '';
let lab: LabService;
let events: LabEvent[] = [];

const openLab = (data: string): LabService => {
  const options = { host: 'browser', version: '0.1.0', places: below(folder), threads: 2 } as const;
  const opened = createLab({ ...options, dataFolder: join(folder, data) });
  opened.listen((event) => events.push(event));
  return opened;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-disk-'));
  lab = openLab('data');
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const plain = ((): Configuration => {
  const parsed = parseConfigurations({ designs: ['fast-mmio'], mmus: ['ept'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value[0]!;
})();
let seed = 0;
// Another seed each time: what ran before is not run again.
beforeEach(() => {
  events = [];
  seed++;
});
const one = (): Configuration[] => [{ ...plain, seed }];

const script = (guest: string) => ({
  name: 'a.ts',
  text: `scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick' }) }; }, guest(cpu, { bell }) {
${guest}
} });`,
});
const KICKS = script('cpu.kick(bell, 1);\ncpu.repeat(100_000, () => cpu.kick(bell, 1));\ncpu.read32(0x1000);');
const ENDLESS = script('let n = 0;\nwhile (true) n++;');

const idOf = (runId: string): string => `${runId}-${seed}`;
const start = async (runId: string, given: Partial<LabParams<'start'>> = {}): Promise<void> => {
  const options = { check: true, events: 0, seconds: 0 };
  await lab.call('start', { runId: idOf(runId), script: KICKS, configurations: one(), options, ...given });
};
const until = async (test: (event: LabEvent) => boolean): Promise<void> => {
  await expect.poll(() => events.some(test), { timeout: 20_000 }).toBe(true);
};
const done = (runId: string): Promise<void> =>
  until((event) => event.name === 'run.done' && event.data.runId === idOf(runId));
const all = <N extends LabEvent['name']>(name: N): LabEventOf<N>[] =>
  events.filter((event) => event.name === name).map(({ data }) => data as LabEventOf<N>);

describe('a start and the disk', () => {
  it('that is going on is found by a window that asks, with what it has so far', async () => {
    await start('r1', { script: ENDLESS, configurations: one() });
    expect(await lab.call('workspace.get', {})).toMatchObject({
      running: true,
      lastRun: { runId: idOf('r1'), outcomes: [null] },
    });
    await lab.call('cancel', { runId: idOf('r1') });
    await done('r1');
    expect(await lab.call('workspace.get', {})).toMatchObject({ running: false, lastRun: { runId: idOf('r1') } });
  });

  it('that was imported is found again, here and by the next process, and answers no run', async () => {
    const opened = openLab('imports');
    await start('r1', { configurations: one() });
    await done('r1');
    const { text } = await lab.call('results.export', { runId: idOf('r1') });
    const file = text.replace(idOf('r1'), 'theirs').replace(/"accesses":\d+/, '"accesses":7');
    expect(await opened.call('results.import', { text: file })).toMatchObject({ notKept: [] });
    expect(await opened.call('workspace.get', {})).toMatchObject({ running: false, lastRun: { runId: 'theirs' } });
    await opened.close();
    const next = openLab('imports');
    expect(await next.call('workspace.get', {})).toMatchObject({ lastRun: { runId: 'theirs' } });
    events = [];
    await next.call('start', {
      runId: 'mine',
      script: KICKS,
      configurations: one(),
      options: { check: true, events: 0, seconds: 0 },
    });
    await until((event) => event.name === 'run.done' && event.data.runId === 'mine');
    expect(all('run.result')).toMatchObject([{ runId: 'mine', cached: false }]);
    expect(all('run.result')[0]!.result.accesses).toBe(100_002);
    await next.close();
  });

  it('that the disk refuses has its results, and a sentence for each thing that is not kept', async () => {
    for (const name of ['results', 'all']) mkdirSync(join(folder, name));
    mkdirSync(join(folder, 'results/last-run.json/x'), { recursive: true });
    writeFileSync(join(folder, 'all/events'), 'a file where the folder should be');
    for (const [name, sentences] of [
      ['results', [/^the results: cannot be written: it is a folder/]],
      ['all', [/^the events of the run: cannot be written: /]],
    ] as const) {
      events = [];
      const opened = openLab(name);
      const options = { check: true, events: 100, seconds: 0 };
      await opened.call('start', { runId: name, script: KICKS, configurations: one(), options });
      await until((event) => event.name === 'run.done' && event.data.runId === name);
      expect(all('run.failed')).toEqual([]);
      expect(all('run.result')).toHaveLength(1);
      const [{ notKept } = { notKept: [] }] = all('run.done');
      expect(notKept).toHaveLength(sentences.length);
      sentences.forEach((sentence, index) => expect(notKept[index]).toMatch(sentence));
      await opened.close();
    }
  });

  it('whose events are damaged says so, and is run again', async () => {
    const options = { check: true, events: 100, seconds: 0 };
    await start('r1', { configurations: one(), options });
    await done('r1');
    const kept = join(folder, 'data/events');
    for (const name of readdirSync(kept)) truncateSync(join(kept, name), 100);
    await expect(lab.call('events.read', { runId: idOf('r1'), index: 0, from: 0, count: 10 })).rejects.toMatchObject({
      failure: { message: 'the events of this run are damaged: run it again' },
    });
    await start('r2', { configurations: one(), options });
    await done('r2');
    expect(all('run.result').at(-1)).toMatchObject({ runId: idOf('r2'), cached: false });
    const read = await lab.call('events.read', { runId: idOf('r2'), index: 0, from: 0, count: 10 });
    expect(read.count).toBe(10);
  });
});

it('a lab that is closed has written what it was asked to write', async () => {
  const opened = openLab('closing');
  const text = 'x'.repeat(3_000_000);
  const draft = { key: 'k', path: null, name: 'n', text, base: null, by: 'w', seen: null };
  const asked = [
    opened.call('drafts.put', draft),
    opened.call('files.saveAs', { name: 'closing.ts', text, overwrite: false }),
    opened.call('workspace.put', { state: { text } }),
  ];
  await opened.close();
  expect(readFileSync(join(folder, 'closing.ts'), 'utf8')).toBe(text);
  expect(readdirSync(join(folder, 'closing/drafts')).map((name) => name.endsWith('.json'))).toEqual([true]);
  expect(JSON.parse(readFileSync(join(folder, 'closing/workspace.json'), 'utf8'))).toMatchObject({ state: { text } });
  await Promise.all(asked);
});
