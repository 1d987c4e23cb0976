import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Configuration, EVENT_ROWS, parseConfigurations } from '../../core/index.ts';
import type { LabError, LabEvent, LabEventOf, LabParams, PackedColumn } from '../contract/lab.ts';
import { createLab, type LabService } from './lab.ts';
import { below } from './places.ts';

let folder = '';
let lab: LabService;
let events: LabEvent[] = [];

/** Called with each worker of the lab after it has said something. */
let afterMessage: (worker: Worker) => void = () => {};
process.on('worker', (worker) => worker.on('message', () => afterMessage(worker)));

const openLab = (data: string): LabService => {
  const options = { host: 'browser', version: '0.1.0', places: below(folder), threads: 2 } as const;
  const opened = createLab({ ...options, dataFolder: join(folder, data) });
  opened.listen((event) => events.push(event));
  return opened;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'exitlab-lab-'));
  lab = openLab('data');
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

const plain = ((): Configuration[] => {
  const parsed = parseConfigurations({ designs: ['fast-mmio', 'userspace'], mmus: ['ept'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
})();
let seed = 0;
let configurations = plain;
// Another seed each time: what ran before is not run again.
beforeEach(() => {
  events = [];
  afterMessage = () => {};
  seed++;
  configurations = plain.map((configuration) => ({ ...configuration, seed }));
});

/** A script with this guest program, on lines 2 and following. */
const script = (guest: string, name = 'a.ts') => ({
  name,
  text: `scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'kick' }) }; }, guest(cpu, { bell }) {
${guest}
} });`,
});
const KICKS = script('cpu.kick(bell, 1);\ncpu.repeat(100_000, () => cpu.kick(bell, 1));\ncpu.read32(0x1000);');
const ENDLESS = script('let n = 0;\nwhile (true) n++;');
/** Never the same twice, so it is replayed to its end. */
const LONG = script(
  'cpu.repeat(1_000_000, () => { for (let n = 0; n < 600; n++) cpu.read8(0x1000 + n * 4096); cpu.write32(0x1000, 7); cpu.write32(0x1000, 8); });',
);

/** The numbers of a packed column, as the contract says it. */
function unpack({ start, unit, bits, data }: PackedColumn): number[] {
  const Cells = { 16: Uint16Array, 32: Uint32Array, 64: Float64Array }[bits];
  const cells = new Cells(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
  return Array.from(cells, (cell) => start + unit * cell);
}

const idOf = (runId: string): string => `${runId}-${seed}`;
const start = async (runId: string, given: Partial<LabParams<'start'>> = {}): Promise<void> => {
  const options = { check: true, events: 0, seconds: 0 };
  await lab.call('start', { runId: idOf(runId), script: KICKS, configurations, options, ...given });
};
const until = async (test: (event: LabEvent) => boolean, milliseconds = 20_000): Promise<void> => {
  const end = performance.now() + milliseconds;
  while (!events.some(test)) {
    if (performance.now() > end) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const done = (runId: string): Promise<void> =>
  until((event) => event.name === 'run.done' && event.data.runId === idOf(runId));
const all = <N extends LabEvent['name']>(name: N): LabEventOf<N>[] =>
  events.filter((event) => event.name === name).map(({ data }) => data as LabEventOf<N>);

describe('a start', () => {
  it('tells the result of each configuration, and what each line did', async () => {
    await start('r1');
    await done('r1');
    const results = all('run.result').sort((a, b) => a.index - b.index);
    expect(results.map(({ result }) => result.configuration)).toEqual(configurations);
    const [fast] = results;
    expect(fast!.result.accesses).toBe(100_002);
    expect(fast!.lines.map(({ line, accesses }) => [line, accesses])).toEqual([
      [2, 1],
      [3, 100_000],
      [4, 1],
    ]);
    // FAST_MMIO leaves the guest once a kick, but for the first touch of the page.
    expect(fast!.lines[1]!.exits).toBe(100_000);
    expect(fast!.lines.reduce((sum, { exits }) => sum + exits, 0)).toBe(
      Object.values(fast!.result.exits).reduce((sum, count) => sum + count, 0),
    );
    expect(all('run.done')).toMatchObject([{ runId: idOf('r1'), cancelled: false }]);
  });

  it('names an access that takes each path', async () => {
    await start('r1', { configurations: configurations.slice(0, 1) });
    await done('r1');
    const [{ result, firsts }] = all('run.result') as [LabEventOf<'run.result'>];
    expect(firsts).toHaveLength(result.paths.length);
    for (const [n, access] of firsts.entries()) {
      const seen = await lab.call('inspect', { script: KICKS, configuration: configurations[0]!, access });
      expect(seen.steps).toEqual(result.paths[n]!.steps);
    }
  });

  it('does not run again what ran before, whatever it is called now', async () => {
    await start('r1');
    await done('r1');
    const other = parseConfigurations({ designs: ['pio'], mmus: ['ept'] });
    if (!other.ok) throw new Error(other.error);
    const renamed = { ...configurations[0]!, name: 'mine' };
    await start('r2', { configurations: [renamed, { ...other.value[0]!, seed }] });
    await done('r2');
    const second = all('run.result')
      .filter(({ runId }) => runId === idOf('r2'))
      .sort((a, b) => a.index - b.index);
    expect(second.map(({ cached }) => cached)).toEqual([true, false]);
    expect(second[0]!.result.configuration.name).toBe('mine');
    await start('r3', { options: { check: false, events: 0, seconds: 0 } });
    await done('r3');
    expect(all('run.result').filter(({ runId, cached }) => runId === idOf('r3') && cached)).toEqual([]);
  });

  it('of a script with a mistake fails with its place, once a configuration', async () => {
    await start('r1', { script: { name: 'a.ts', text: 'scenario({ title: 1,\n guest() {} });' } });
    await done('r1');
    expect(all('run.failed')).toMatchObject([
      { index: 0, kind: 'script', line: 1 },
      { index: 1, kind: 'script', line: 1 },
    ]);
    await start('r2', { script: script("cpu.read8(0);\nthrow new Error('mine');") });
    await done('r2');
    expect(all('run.failed').at(-1)).toMatchObject({
      kind: 'script',
      line: 3,
      message: expect.stringContaining('mine'),
    });
  });

  it('that is asked for twice under one id is refused', async () => {
    await start('r1');
    await expect(start('r1')).rejects.toMatchObject({ failure: { code: 'refused' } });
    await done('r1');
  });

  it('loses only the configuration whose worker is killed', async () => {
    const slow = script(
      "console.log('at work');\nfor (let n = 0; n < 400_000; n++) cpu.write8(0x1000 + (n & 0xfff), 1);",
    );
    afterMessage = (worker) => {
      const said = events.at(-1);
      if (said?.name === 'run.message' && said.data.index === 1) void worker.terminate();
    };
    await start('r1', {
      script: slow,
      configurations: [0, 1, 2].map((n) => ({ ...plain[0]!, seed: seed + 1000 * n })),
    });
    await done('r1');
    expect(
      all('run.result')
        .map(({ index }) => index)
        .sort(),
    ).toEqual([0, 2]);
    expect(all('run.failed')).toMatchObject([{ index: 1, kind: 'crashed', message: 'the worker ended with code 1' }]);
    await start('r2', { configurations: [{ ...configurations[0]!, seed: 1_000_000 }] });
    await done('r2');
    expect(all('run.result').at(-1)).toMatchObject({ runId: idOf('r2'), cached: false });
  }, 30_000);

  it('on a machine that cannot be built is refused with a sentence', async () => {
    await start('r1', { configurations: [{ ...configurations[0]!, cpu: 'pentium' }] });
    await done('r1');
    expect(all('run.failed')).toMatchObject([{ kind: 'refused', message: expect.stringContaining('pentium') }]);
    await start('r2', { configurations: [{ ...configurations[0]!, switches: { pscEntries: -5 } }] });
    await done('r2');
    expect(all('run.failed').at(-1)).toMatchObject({ kind: 'refused', message: expect.stringContaining('pscEntries') });
  });
});

describe('a script that never ends', () => {
  it('is stopped at its limit, at its line, while the lab answers everything else', async () => {
    const one = configurations.slice(0, 1);
    await start('r1', { script: ENDLESS, configurations: one, options: { check: true, events: 0, seconds: 10 } });
    const began = performance.now();
    const checked = await lab.call('check', KICKS);
    expect(checked.scenario?.title).toBe('t');
    await lab.call('drafts.put', { key: 'k', path: null, name: 'n', text: 'typed', base: null, by: 'w', seen: null });
    expect((await lab.call('inspect', { script: KICKS, configuration: configurations[0]!, access: 2 })).line).toBe(3);
    await start('r2');
    await done('r2');
    expect(events.some((event) => event.name === 'run.done' && event.data.runId === idOf('r1'))).toBe(false);
    await done('r1');
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(all('run.failed')).toMatchObject([
      { runId: idOf('r1'), kind: 'script', line: 3, message: expect.stringContaining('longer than 10 s') },
    ]);
  }, 60_000);

  it('is cancelled at once', async () => {
    await start('r1', { script: ENDLESS });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const began = performance.now();
    await lab.call('cancel', { runId: idOf('r1') });
    await done('r1');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(all('run.failed').map(({ kind }) => kind)).toEqual(['cancelled', 'cancelled']);
    expect(all('run.done')).toMatchObject([{ cancelled: true }]);
    await lab.call('cancel', { runId: idOf('r1') });
    await start('r2');
    await done('r2');
    expect(all('run.result')).toHaveLength(2);
  }, 30_000);

  it('and allocates without end meets the limit of its memory', async () => {
    await start('r1', { script: script('const all: number[][] = [];\nfor (;;) all.push([1, 2, 3]);') });
    await done('r1');
    expect(all('run.failed')).toMatchObject([{ kind: 'script', message: expect.stringContaining('memory') }, {}]);
  }, 30_000);

  it('outside of guest() is found by the check', async () => {
    const { diagnostics } = await lab.call('check', {
      name: 'a.ts',
      text: 'for (;;);\nscenario({ title: "t", guest() {} });',
    });
    expect(diagnostics).toMatchObject([{ line: 1, message: expect.stringContaining('longer than') }]);
  }, 30_000);
});

it('a loop that is replayed for long shows progress, and is cancelled in the middle', async () => {
  await start('r1', {
    script: LONG,
    configurations: configurations.slice(0, 1),
    options: { check: false, events: 0, seconds: 0 },
  });
  await until((event) => event.name === 'run.progress' && event.data.accesses > 0);
  await lab.call('cancel', { runId: idOf('r1') });
  await done('r1');
  expect(all('run.failed')).toMatchObject([{ kind: 'cancelled' }]);
}, 30_000);

describe('inspecting an access', () => {
  const inspect = (access: number) => lab.call('inspect', { script: KICKS, configuration: configurations[0]!, access });

  it('shows the machine before and after it', async () => {
    const seen = await inspect(2);
    expect(seen).toMatchObject({ access: 2, line: 3, text: expect.stringContaining('WRITE of 4 bytes') });
    const cell = (moment: 'before' | 'after', id: string, key: string) =>
      seen[moment]
        .find((table) => table.id === id)!
        .rows.find((row) => row.key === key)
        ?.cells.at(-1);
    expect([cell('before', 'eventfds', 'kick'), cell('after', 'eventfds', 'kick')]).toEqual([1, 2]);
    expect(cell('before', 'nested-tables', 'the access 1')).toMatch(/^MMIO generation/);
    for (const table of seen.after) {
      const keys = table.rows.map(({ key }) => key);
      expect(new Set(keys).size, table.id).toBe(keys.length);
      for (const { cells } of table.rows) expect(cells).toHaveLength(table.columns.length);
    }
    const steps = seen.steps.reduce((sum, [, times]) => sum + Number(times), 0);
    expect(seen.events.map(({ name }) => name)).toContain('eventfd_signal');
    expect(seen.events.every(({ after }, n) => after <= steps && after >= (seen.events[n - 1]?.after ?? 0))).toBe(true);
  });

  it('shows what the host changed since the access before', async () => {
    const text = `scenario({ title: 'Host', question: 'What did the host do?',
      setup(vm) { vm.ram({ gpa: 0, size: '1 MiB' }); },
      guest(cpu, _, host) {
        cpu.read32(0);
        host.memslot({ slot: 7, gpa: 0x4000_0000, size: '1 MiB' });
        host.ioeventfd({ addr: 0x9000_0000, length: 4, fd: 'late' });
        cpu.read32(0);
        cpu.read32(0);
      } });`;
    const see = (access: number) =>
      lab.call('inspect', { script: { name: 'host.ts', text }, configuration: configurations[0]!, access });
    const { earlier, before } = await see(2);
    const rows = (state: typeof before, id: string): number => state.find((table) => table.id === id)!.rows.length;
    for (const id of ['memslots', 'buses']) expect(rows(before, id), id).toBeGreaterThan(rows(earlier, id));
    expect((await see(1)).earlier).toEqual([]);
    expect((await see(3)).earlier).toEqual([]);
  });

  it('shows every access of a guest kernel, its return from a fault, too', async () => {
    const text = `scenario({ title: 'Kernel', question: 'Which?',
      setup(vm) { vm.ram({ gpa: 0, size: '16 MiB', map: false }); return { os: vm.kernel({ release: '2.6.24' }) }; },
      guest(cpu, { os }) {
        const program = os.process();
        os.switchTo(program);
        cpu.write64(os.mmap(program, { size: 4096 }), 1);
      } });`;
    const asked = parseConfigurations({
      mmus: ['shadow'],
      cpus: ['nehalem'],
      kernels: ['2.6.24'],
      designs: ['no-bypass'],
    });
    if (!asked.ok) throw new Error(asked.error);
    const see = (access: number) =>
      lab.call('inspect', { script: { name: 'os.ts', text }, configuration: asked.value[0]!, access });
    const end = (await see(1_000_000).catch((error: LabError) => /makes (\d+) accesses/.exec(error.message)))!;
    const all = Number((end as unknown as RegExpExecArray)[1]);
    expect(all).toBeGreaterThan(5);
    const texts: string[] = [];
    for (let access = 1; access <= all; access++) texts.push((await see(access)).text);
    expect(texts.filter((each) => each.startsWith('IRET'))).not.toEqual([]);
  }, 60_000);

  it('beyond the end says how many there are', async () => {
    await expect(inspect(1_000_000)).rejects.toMatchObject({
      failure: { code: 'not-found', message: expect.stringContaining('100002') },
    });
  });

  it('gives way to a newer wish', async () => {
    const first = lab.call('inspect', { script: LONG, configuration: configurations[0]!, access: 500_000_000 });
    const lost = first.then(
      () => 'found',
      (error: LabError) => error.failure.code,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await inspect(1)).access).toBe(1);
    expect(await lost).toBe('cancelled');
  }, 30_000);
});

it('events of a run are read piece by piece', async () => {
  await start('r1', { configurations: configurations.slice(0, 1), options: { check: true, events: 64, seconds: 0 } });
  await done('r1');
  const [{ events: kept }] = all('run.result') as [LabEventOf<'run.result'>];
  expect(kept!.count).toBe(64);
  expect(kept!.dropped).toBeGreaterThan(0);
  const read = await lab.call('events.read', { runId: idOf('r1'), index: 0, from: 60, count: 100 });
  expect(read).toMatchObject({ from: 60, count: 4, total: 64 });
  const whole = await lab.call('events.read', { runId: idOf('r1'), index: 0, from: 0, count: 64 });
  const kinds = [...Buffer.from(whole.kind, 'base64')].map((kind) => EVENT_ROWS[kind]![0]);
  expect(kinds).toContain('kvm_exit');
  const accesses = unpack(whole.access);
  const cycles = unpack(whole.cycles);
  expect(accesses.at(-1)).toBe(100_002);
  for (const column of [accesses, cycles]) expect(column).toEqual([...column].sort((a, b) => a - b));
  expect(accesses.slice(60)).toEqual(unpack(read.access));
  expect(cycles.slice(60)).toEqual(unpack(read.cycles));
  // Each access's address is an argument of its event.
  const { args, ...place } = await lab.call('events.arguments', { runId: idOf('r1'), index: 0, from: 0, count: 100 });
  expect(place).toEqual({ from: 0, count: 64 });
  const cells = new Int32Array(Uint8Array.from(Buffer.from(args, 'base64')).buffer);
  const last = kinds.lastIndexOf('access');
  expect([...cells.subarray(last * 4 + 2, last * 4 + 4)]).toEqual([0, 0x1000]);
  for (const method of ['events.read', 'events.arguments'] as const)
    await expect(lab.call(method, { runId: idOf('r1'), index: 7, from: 0, count: 1 })).rejects.toMatchObject({
      failure: { code: 'not-found' },
    });
});

it('the last start comes back in the next process, and need not run again', async () => {
  await start('r1');
  await done('r1');
  const results = all('run.result');
  const next = openLab('data');
  const { lastRun, problems } = await next.call('workspace.get', {});
  expect(problems).toEqual([]);
  expect(lastRun).toMatchObject({ runId: idOf('r1'), script: KICKS, configurations });
  for (const { index, runId: _, ...outcome } of results) expect(lastRun!.outcomes[index]).toEqual(outcome);
  events = [];
  const options = { check: true, events: 0, seconds: 0 };
  await next.call('start', { runId: idOf('r2'), script: KICKS, configurations, options });
  await done('r2');
  expect(all('run.result').map(({ cached }) => cached)).toEqual([true, true]);
  await next.close();
});

it('a result file can be written and read again', async () => {
  await start('r1');
  await done('r1');
  const { text } = await lab.call('results.export', { runId: idOf('r1') });
  const file = await lab.call('results.import', { text });
  expect(file.run.outcomes).toHaveLength(2);
  expect(file.prices[configurations[0]!.cpu]!['hw.vmexit']!.value).toBeGreaterThan(0);
  await expect(lab.call('results.import', { text: text.replace('result/1', 'result/2') })).rejects.toMatchObject({
    failure: { code: 'refused', message: expect.stringContaining('later version') },
  });
  await expect(lab.call('results.export', { runId: idOf('r9') })).rejects.toMatchObject({
    failure: { code: 'not-found' },
  });
});

it('the gallery says of each scenario what running it would say', async () => {
  const gallery = await lab.call('gallery', {});
  expect(gallery[0]!.id).toBe('doorbell');
  expect(gallery.length).toBeGreaterThan(10);
  for (const { id, title, question, claims, says, selection, text } of gallery) {
    const { scenario, diagnostics } = await lab.call('check', { name: id, text });
    expect(diagnostics, id).toEqual([]);
    expect(scenario, id).toEqual({ title, question, claims, says, selection });
  }
}, 60_000);

describe('a message', () => {
  it.each([[null], ['x'], [{ method: 'describe' }], [{ method: 'hasOwnProperty', params: {} }]])(
    '%j is answered with a failure',
    async (message) => {
      expect(await lab.handle(message)).toMatchObject({ ok: false, failure: { code: 'bad-message' } });
    },
  );

  it('that fails inside is answered with the reason', async () => {
    writeFileSync(join(folder, 'latin1.ts'), Buffer.from([0xfc]));
    expect(await lab.handle({ method: 'files.open', params: { path: 'latin1.ts' } })).toMatchObject({
      ok: false,
      failure: { code: 'refused', message: expect.stringContaining('UTF-8') },
    });
  });
});
