import { afterEach, describe, expect, it } from 'vitest';
import type { Configuration } from '../../core/index.ts';
import { compileScript } from '../sandbox/compile/compile.ts';
import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import { WorkerPool } from './pool.ts';
import { readMessage, type Job, type Report } from './protocol.ts';

const CONFIGURATION: Configuration = {
  name: 'ept/fast-mmio',
  cpu: 'skylake-sp',
  mmu: 'ept',
  kernel: '7.0',
  design: 'fast-mmio',
  mitigations: 'none',
  nestedHost: false,
  vpid: true,
  hostPage: '4K',
  seed: 1,
  switches: {},
};

function job(body: string, seconds = 20): Job {
  const text = `scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '1 MiB' }); }, guest(cpu) { ${body} } });`;
  const compiled = compileScript(text, 'a.ts');
  if (!compiled.ok) throw new Error(compiled.error[0]!.message);
  const limits = { ...DEFAULT_LIMITS, seconds };
  return { kind: 'run', script: compiled.value, limits, configuration: CONFIGURATION, check: true, trace: 0 };
}

describe('the worker pool', () => {
  let pool = new WorkerPool(1);
  afterEach(() => pool.close());

  it('runs jobs in order on one worker, and hands on what they say', async () => {
    pool = new WorkerPool(1);
    const said: Report[] = [];
    const first = pool.run(job("cpu.write8(0, 7); console.log('hello');"), (report) => said.push(report));
    const second = pool.run(job('cpu.read8(0); cpu.read8(1);'));
    const answers = await Promise.all([first, second]);
    expect(answers.map((answer) => (answer.kind === 'ran' ? answer.report.result.accesses : answer))).toEqual([1, 2]);
    expect(said).toContainEqual({ kind: 'message', text: 'hello' });
  });

  it('reports progress of a long run', async () => {
    pool = new WorkerPool(1);
    const said: Report[] = [];
    await pool.run(job('for (let i = 0; i < 3_000_000; i++) cpu.read8(0);'), (report) => said.push(report));
    expect(said.filter(({ kind }) => kind === 'progress').length).toBeGreaterThan(0);
  });

  it('answers a mistake of the script, and goes on', async () => {
    pool = new WorkerPool(1);
    const wrong = await pool.run(job('cpu.read8(NaN);'));
    expect(wrong).toMatchObject({ kind: 'script-error', error: { file: 'a.ts', line: 1 } });
    expect((await pool.run(job('cpu.read8(0);'))).kind).toBe('ran');
  });

  it('loses a crashed worker and its job alone', async () => {
    pool = new WorkerPool(1);
    const broken = { ...job('cpu.read8(0);'), script: null } as unknown as Job;
    expect((await pool.run(broken)).kind).toBe('crashed');
    expect((await pool.run(job('cpu.read8(0);'))).kind).toBe('ran');
  });

  it('loses a worker that was killed and its job alone', async () => {
    pool = new WorkerPool(1);
    process.once('worker', (worker) => void worker.once('message', () => void worker.terminate()));
    const killed = await pool.run(job('for (;;) cpu.read8(0);'));
    expect(killed).toEqual({ kind: 'crashed', message: 'the worker ended with code 1' });
    expect((await pool.run(job('cpu.read8(0);'))).kind).toBe('ran');
  });

  it('ends a worker that its own limit did not end', async () => {
    pool = new WorkerPool(1, 0.2);
    // The limit of the sandbox is out of reach, the pool's is not.
    const { limits, ...rest } = job('for (;;) cpu.read8(0);') as Extract<Job, { kind: 'run' }>;
    let asked = 0;
    const lying = {
      ...limits,
      get seconds() {
        return asked++ === 0 ? 0.1 : 60;
      },
    };
    const answer = await pool.run({ ...rest, limits: lying });
    expect(answer).toMatchObject({ kind: 'script-error', error: { line: 0 } });
  });

  it('never answers after it was closed', async () => {
    pool = new WorkerPool(1);
    let answered = false;
    void pool.run(job('for (;;) cpu.read8(0);')).then(() => (answered = true));
    await pool.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
  });
});

describe('a message of a worker', () => {
  it.each([null, 3, {}, { kind: 'progress' }, { kind: 'ran', report: {} }, { kind: 'other' }])(
    'of no known shape counts as a crash: %j',
    (message) => {
      expect(readMessage(message).kind).toBe('crashed');
    },
  );

  it('of a known shape is taken as it is', () => {
    const progress = { kind: 'progress', records: 1, accesses: 2 };
    expect(readMessage(progress)).toEqual(progress);
  });
});
