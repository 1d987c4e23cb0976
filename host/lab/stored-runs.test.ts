import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfigurations } from '../../core/index.ts';
import { readCpuFile } from '../contract/cpu-file.ts';
import type { LabEvent, LabEventOf, LabParams, ResultFile } from '../contract/lab.ts';
import { storedReport } from '../report/stored-report.ts';
import { createLab, type LabService } from './lab.ts';
import { below } from './places.ts';

let folder = '';
let lab: LabService;
const events: LabEvent[] = [];

const openLab = (data: string): LabService => {
  const opened = createLab({
    host: 'browser',
    version: '0.1.0',
    places: below(folder),
    threads: 1,
    dataFolder: join(folder, data),
    // Stands for a browser, which has its own test: what is printed is the report's HTML.
    print: async (html) => new TextEncoder().encode(`%PDF ${html}`),
  });
  opened.listen((event) => events.push(event));
  return opened;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-stored-'));
  lab = openLab('data');
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const configurations = ((): LabParams<'start'>['configurations'][number][] => {
  const parsed = parseConfigurations({ designs: ['userspace', 'fast-mmio'], mmus: ['ept'], cpus: ['haswell'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
})();
const script = (kicks: number) => ({
  name: 'bell.ts',
  text: `scenario({ title: 'Bell ${kicks}', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick' }) }; }, guest(cpu, { bell }) {
cpu.repeat(${kicks}, () => cpu.kick(bell, 1));
} });`,
});
const all = { search: '', tag: null, deleted: false, limit: 10, before: null };

async function run(on: LabService, runId: string, kicks: number): Promise<void> {
  const done = new Promise<void>((resolve) => {
    const stop = on.listen((event) => {
      if (event.name !== 'run.done' || event.data.runId !== runId) return;
      stop();
      resolve();
    });
  });
  await on.call('start', {
    runId,
    script: script(kicks),
    configurations,
    options: { check: true, events: 64, seconds: 0 },
  });
  await done;
}
const problems = (): (string | null)[] =>
  events
    .filter(({ name }) => name === 'history.changed')
    .map(({ data }) => (data as LabEventOf<'history.changed'>).problem);

describe('the history behind a window', () => {
  it('has every run that brought something new, as the command line stores it', async () => {
    await run(lab, 'one', 10);
    await run(lab, 'one-again', 10);
    await run(lab, 'two', 20);
    expect(problems()).toEqual([null, null]);
    const { runs, more } = await lab.call('history.list', all);
    expect(runs.map(({ id, title }) => [id, title])).toEqual([
      [2, 'Bell 20'],
      [1, 'Bell 10'],
    ]);
    expect(more).toBe(false);
    expect(runs[0]!.configurations.map(({ name, accesses }) => [name, accesses])).toEqual([
      ['userspace', 20],
      ['fast-mmio', 20],
    ]);
    expect((await lab.call('history.list', { ...all, limit: 1 })).more).toBe(true);
    expect((await lab.call('history.list', { ...all, search: 'Bell 10' })).runs.map(({ id }) => id)).toEqual([1]);
  });

  it('opens a run under an id that reports know', async () => {
    const { run: opened } = await lab.call('history.get', { id: 1, prices: null });
    expect(opened.runId).toBe('history:1');
    const asked = { runId: 'history:1', baseline: null };
    const { text } = await lab.call('report.text', { ...asked, format: 'mail' });
    expect(text).toContain('Bell 10');
    const of = { runId: 'one', baseline: null };
    expect((await lab.call('report.text', { ...of, format: 'mail' })).text).toBe(text);
    for (const { id, text: isText } of await lab.call('report.formats', {})) {
      if (isText)
        expect((await lab.call('report.text', { ...asked, format: id })).text.length, id).toBeGreaterThan(100);
      else await expect(lab.call('report.text', { ...asked, format: id })).rejects.toThrow('is no text');
    }
    const saved = await lab.call('report.save', { ...asked, format: 'pdf', name: 'bell.pdf', overwrite: false });
    expect(saved?.name).toBe('bell.pdf');
    expect(readFileSync(join(folder, 'bell.pdf'), 'latin1')).toMatch(/^%PDF <!DOCTYPE html>[^]*Bell 10/);
    await expect(lab.call('report.text', { ...asked, format: 'docx' })).rejects.toThrow("unknown format 'docx'");
    await expect(lab.call('report.text', { ...asked, runId: 'nobody', format: 'mail' })).rejects.toThrow('no such run');
  });

  it('prices a run again, and says where that makes no sense', async () => {
    const { run: opened, prices } = await lab.call('history.get', { id: 1, prices: 'sapphire-rapids' });
    expect(opened.configurations.map(({ cpu, name }) => [cpu, name])).toEqual([
      ['haswell@sapphire-rapids', 'userspace @ sapphire-rapids'],
      ['haswell@sapphire-rapids', 'fast-mmio @ sapphire-rapids'],
    ]);
    expect(Object.keys(prices)).toEqual(['haswell@sapphire-rapids']);
    const asked = { runId: opened.runId, baseline: null, format: 'mail' };
    expect((await lab.call('report.text', asked)).text).toContain('at the prices of');
    const wrong = await lab.call('history.get', { id: 1, prices: 'zen3' });
    expect(wrong.run.outcomes[0]).toMatchObject({ kind: 'refused', message: expect.stringContaining('other steps') });
  });

  it('puts two runs side by side, and says that they are of two programs', async () => {
    const { file, notes } = await lab.call('history.pair', { a: 1, b: 2 });
    expect(file.run.configurations.map(({ name }) => name)).toEqual([
      '1: userspace',
      '1: fast-mmio',
      '2: userspace',
      '2: fast-mmio',
    ]);
    expect(notes).toEqual([expect.stringContaining('ran different scripts')]);
    const asked = { runId: file.run.runId, format: 'mail', baseline: '1: fast-mmio' };
    expect((await lab.call('report.text', asked)).text).toContain('2: fast-mmio');
  });

  it('takes notes and tags, deletes, and takes back', async () => {
    const row = await lab.call('history.change', { id: 1, tags: ['rfc'], note: 'for the list' });
    expect(row).toMatchObject({ tags: ['rfc'], note: 'for the list' });
    expect((await lab.call('history.list', { ...all, tag: 'rfc' })).tags).toEqual([{ tag: 'rfc', runs: 1 }]);
    await expect(lab.call('history.change', { id: 1, tags: ['a b'] })).rejects.toThrow("'a b' is no tag");
    await lab.call('history.delete', { ids: [1] });
    expect((await lab.call('history.list', all)).runs.map(({ id }) => id)).toEqual([2]);
    expect((await lab.call('history.list', { ...all, deleted: true })).runs.map(({ id }) => id)).toEqual([1]);
    await lab.call('history.restore', { ids: [1] });
    expect((await lab.call('history.list', all)).runs.map(({ id }) => id)).toEqual([2, 1]);
    await expect(lab.call('history.get', { id: 9, prices: null })).rejects.toThrow('there is no run 9');
  });

  it('that cannot be written loses no result, and says so', async () => {
    mkdirSync(join(folder, 'broken', 'history.sqlite'), { recursive: true });
    const broken = openLab('broken');
    events.length = 0;
    await run(broken, 'kept', 30);
    expect(events.filter(({ name }) => name === 'run.result')).toHaveLength(2);
    expect(problems()).toEqual([expect.stringMatching(/^The run is not in the history: .*history\.sqlite/)]);
    await broken.close();
  });
});

describe('calibration', () => {
  const asked = {
    base: 'haswell',
    name: 'my-host',
    cpu: 'Xeon E5-2697 v3',
    microcode: '',
    hostKernel: '',
    ghz: null,
    kernel: '4.2',
    mitigations: 'none',
  };
  const text = 'cpuid 1200\nvmcall 1150\ninl_from_kernel 4100\n';

  it('fits a host, keeps it, and prices with it under its own name', async () => {
    const made = await lab.call('calibrate', { ...asked, text });
    expect(made.file.rows.map(({ name }) => name)).toEqual(['cpuid', 'vmcall', 'inl_from_kernel']);
    expect(made.moved.length).toBeGreaterThan(0);
    expect(made.inseparable.length).toBeGreaterThan(0);
    expect((await lab.call('cpus.list', {})).cpus).toEqual([]);
    await lab.call('cpus.keep', { text: made.text });
    expect((await lab.call('cpus.list', {})).cpus.map(({ host }) => host.name)).toEqual(['my-host']);
    const { run: opened, prices } = await lab.call('history.get', { id: 1, prices: 'my-host' });
    expect(opened.configurations[0]!.cpu).toBe('haswell@my-host');
    expect(prices['haswell@my-host']!['hw.vmexit']!.source).toContain('fitted to my-host');
    const report = await lab.call('report.text', { runId: opened.runId, baseline: null, format: 'markdown' });
    expect(report.text).toMatch(/interpolated|extrapolated/);
    // A host calibrated anew under its old name does not touch what was stored.
    const file = { schema: 'exitlab.result/1', version: '0.1.0', run: opened, prices } as ResultFile;
    const total = (cpus: Parameters<typeof storedReport>[4]): number => {
      const again = storedReport(file, null, 'stored', undefined, cpus);
      if (!again.ok) throw new Error(again.error);
      return again.value.runs[0]!.priced.total.value;
    };
    const kept = readCpuFile(made.text.replaceAll(/"value": [\d.]+/g, '"value": 1'));
    if (!kept.ok) throw new Error(kept.error);
    expect(total([kept.value])).toBe(total([]));
    await lab.call('cpus.forget', { name: 'my-host' });
    expect((await lab.call('cpus.list', {})).cpus).toEqual([]);
  });

  it.each([
    ['a time that is none', 'cpuid 1200\nvmcall -3\n', /^line 2: vmcall cannot take -3 cycles/, 2],
    ['an unknown test', 'cpuid 1200\n\nvmcoll 5\n', /^line 3: /, 3],
  ])('refuses %s with its line', async (_what, rows, sentence, line) => {
    const failing = lab.call('calibrate', { ...asked, text: rows });
    await expect(failing).rejects.toThrow(sentence);
    await expect(failing).rejects.toMatchObject({ failure: { code: 'refused', line } });
  });

  it('refuses the name of a CPU model', async () => {
    await expect(lab.call('calibrate', { ...asked, name: 'zen3', text })).rejects.toThrow(
      'zen3 is the name of a CPU model',
    );
  });
});
