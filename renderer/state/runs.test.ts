import { describe, expect, it, vi } from 'vitest';
import { parseConfigurations, type Configuration, type RunResult } from '../../core/index.ts';
import { LabError, labFailed, type LabEvent, type Outcome, type StoredRun } from '../../host/contract/lab.ts';
import { fakeBench } from '../test/fake-bench.ts';
import { fakeLab } from '../test/fake-lab.ts';
import { openScenario } from './open-document.ts';
import { runProblems } from './problems.ts';
import { shownPair } from './result-pane-actions.ts';
import { newEntry, restoredRun, type BenchRun } from './run.ts';
import { addRun, afterEvents, createRuns, latestRunOf, runningRun, shownRun } from './runs.ts';
import { followShownRun } from './shown-run.ts';
import { cancelRun, catchUp, followRuns, startRun } from './start-run.ts';

const scenario = { id: 'doorbell', title: 'Doorbell', question: '', claims: [], says: [], text: 'one', selection: {} };
const parsed = parseConfigurations({ mmus: ['ept'], designs: ['pio', 'fast-mmio'] });
if (!parsed.ok) throw new Error(parsed.error);
const configurations: readonly Configuration[] = parsed.value;

const result = (configuration: Configuration, change: Partial<RunResult> = {}): RunResult => ({
  configuration,
  accesses: 10,
  paths: [],
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
  ...change,
});
const outcome = (configuration: Configuration, change: Partial<RunResult> = {}): Outcome => ({
  result: result(configuration, change),
  firsts: [],
  lines: [],
  events: null,
  cached: false,
});
const newRun = (runId: string, documentId: string | null = 'a'): BenchRun => ({
  runId,
  documentId,
  script: { name: 'a.ts', text: '' },
  options: { check: true, events: 0, seconds: 0 },
  entries: configurations.map(newEntry),
  state: 'running',
  elapsedMs: 0,
  restored: false,
});
const progress = (runId: string, index: number, accesses: number): LabEvent => ({
  name: 'run.progress',
  data: { runId, index, accesses, elapsedMs: 1 },
});

describe('the store of runs', () => {
  it('takes a row of events at once and leaves other runs as they are', () => {
    const store = createRuns();
    addRun(store, newRun('old'));
    addRun(store, newRun('new'));
    const before = store.getState();
    const after = afterEvents(before, [
      progress('new', 0, 5),
      progress('new', 0, 9),
      { name: 'run.result', data: { runId: 'new', index: 1, ...outcome(configurations[1]!) } },
      progress('new', 1, 3),
      { name: 'run.message', data: { runId: 'new', index: 0, text: 'hello' } },
      { name: 'run.failed', data: { runId: 'new', index: 0, kind: 'script', message: 'no', line: 2, column: 1 } },
      { name: 'run.done', data: { runId: 'new', cancelled: false, elapsedMs: 7, notKept: [] } },
      progress('unknown', 0, 1),
      progress('new', 99, 1),
    ]);
    expect(after.runs['old']).toBe(before.runs['old']);
    expect(after.runs['new']).toMatchObject({ state: 'done', elapsedMs: 7 });
    expect(after.runs['new']!.entries).toMatchObject([
      { state: 'failed', accesses: 9, messages: ['hello'], failure: { message: 'no' } },
      { state: 'done', accesses: 10 },
    ]);
    expect(afterEvents(after, [progress('unknown', 0, 1)])).toBe(after);
  });

  it('keeps the last few runs, shows the latest, and knows which goes on', () => {
    const store = createRuns();
    for (let n = 0; n < 9; n++) addRun(store, newRun(`r${n}`, n % 2 === 0 ? 'even' : 'odd'));
    const state = store.getState();
    expect(state.order).toHaveLength(6);
    expect(Object.keys(state.runs)).toHaveLength(6);
    expect(shownRun(state)?.runId).toBe('r8');
    expect(runningRun(state)?.runId).toBe('r8');
    expect(latestRunOf(state, 'odd')?.runId).toBe('r7');
    expect(latestRunOf(state, 'nobody')).toBeNull();
  });

  it('makes a run of what was stored', () => {
    const { script, options } = newRun('x');
    const run = restoredRun(
      {
        runId: 'x',
        script,
        options,
        configurations: [...configurations],
        outcomes: [outcome(configurations[0]!), null],
      },
      null,
    );
    expect(run).toMatchObject({ state: 'cancelled', restored: true });
    expect(run.entries.map(({ state }) => state)).toEqual(['done', 'waiting']);
  });
});

describe('the compared pair in a run', () => {
  const run = newRun('r');
  const [one, two] = run.entries.map(({ key }) => key) as [string, string];

  it('is the chosen one, else the first two', () => {
    expect(shownPair(run, {})).toEqual({ a: 0, b: 1 });
    expect(shownPair(run, { a: { a: two, b: one } })).toEqual({ a: 1, b: 0 });
    expect(shownPair(run, { a: { a: two, b: null } })).toEqual({ a: 1, b: 0 });
    expect(shownPair({ ...run, entries: run.entries.slice(0, 1) }, {})).toEqual({ a: 0, b: null });
    expect(shownPair(null, {})).toEqual({ a: null, b: null });
  });
});

describe('what a run met', () => {
  it('is one problem a line, with the configurations that met it', () => {
    const divergence = { kind: 'lost-write' as const, text: 'a write is lost', access: 'write32', line: 4, count: 3 };
    const entries = [
      { ...newEntry(configurations[0]!), outcome: outcome(configurations[0]!, { divergences: [divergence] }) },
      {
        ...newEntry(configurations[1]!),
        outcome: outcome(configurations[1]!, { divergences: [divergence], problem: { text: 'stuck', line: 7 } }),
      },
    ];
    const problems = runProblems({ ...newRun('r'), entries }, '');
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatchObject({ line: 4, severity: 'warning', message: expect.stringContaining('(3 times)') });
    expect(problems[0]!.message).toContain('on all 2 configurations');
    expect(problems[1]).toMatchObject({ line: 7, severity: 'error' });
    expect(problems[1]!.message).toContain(configurations[1]!.name);
  });

  it('is about the text that was run and no other', () => {
    const problem = { text: 'stuck', line: 7 };
    const entries = [{ ...newEntry(configurations[0]!), outcome: outcome(configurations[0]!, { problem }) }];
    const run = { ...newRun('r'), script: { name: 'a.ts', text: 'as it was run' }, entries };
    expect(runProblems(run, 'as it was run')).toHaveLength(1);
    expect(runProblems(run, 'as it was run, with a line above')).toEqual([]);
  });
});

describe('starting a run', () => {
  it('hands over the enabled configurations and follows the events, a batch at a time', async () => {
    vi.useFakeTimers();
    const lab = fakeLab();
    const bench = fakeBench(lab);
    const stop = followRuns(bench);
    openScenario(bench, scenario);
    await startRun(bench);
    const { runId } = shownRun(bench.runs.getState())!;
    const changes = vi.fn<() => void>();
    bench.runs.subscribe(changes);
    for (let n = 0; n < 1000; n++) lab.send(progress(runId, 0, n));
    lab.send({ name: 'run.done', data: { runId, cancelled: false, elapsedMs: 3, notKept: [] } });
    await vi.advanceTimersByTimeAsync(200);
    expect(changes).toHaveBeenCalledTimes(1);
    expect(shownRun(bench.runs.getState())).toMatchObject({ state: 'done' });
    stop();
    vi.useRealTimers();
  });

  it('refuses a second one at the same time, and says why nothing runs', async () => {
    const bench = fakeBench(fakeLab());
    await startRun(bench);
    expect(bench.announcer.getState().last).toMatchObject({ level: 'error' });
    openScenario(bench, scenario);
    await startRun(bench);
    await startRun(bench);
    expect(bench.runs.getState().order).toHaveLength(1);
  });

  it('that the lab refuses fails every configuration with its sentence', async () => {
    const lab = fakeLab({
      start: () => {
        throw new LabError({ ...labFailed('script', 'expected a semicolon'), line: 3, column: 4 });
      },
    });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    await startRun(bench);
    const run = shownRun(bench.runs.getState())!;
    expect(run.state).toBe('cancelled');
    expect(run.entries.every(({ failure }) => failure?.line === 3)).toBe(true);
  });

  it('says what the disk refused, after what ran', async () => {
    vi.useFakeTimers();
    const lab = fakeLab();
    const bench = fakeBench(lab);
    const stop = followRuns(bench);
    openScenario(bench, scenario);
    await startRun(bench);
    const { runId } = shownRun(bench.runs.getState())!;
    const notKept = ['the results: cannot be written: the disk is full'];
    lab.send({ name: 'run.done', data: { runId, cancelled: false, elapsedMs: 3, notKept } });
    await vi.advanceTimersByTimeAsync(200);
    expect(bench.announcer.getState().last).toMatchObject({
      level: 'error',
      text: expect.stringMatching(/^the results: cannot be written: the disk is full\. .* in this window/),
    });
    stop();
    vi.useRealTimers();
  });

  it('goes on after missed events: what has ended meanwhile is taken, the rest is waited for', async () => {
    let answer: { lastRun: StoredRun; running: boolean } | null = null;
    const lab = fakeLab({ 'workspace.get': () => ({ state: null, problems: [], ...answer! }) });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    await startRun(bench);
    const run = shownRun(bench.runs.getState())!;
    const { runId, script, options } = run;
    const asked = run.entries.map(({ configuration }) => configuration);
    const outcomes = asked.map((configuration, index) => (index === 0 ? outcome(configuration) : null));
    answer = { lastRun: { runId, script, options, configurations: asked, outcomes }, running: true };
    await catchUp(bench);
    expect(runningRun(bench.runs.getState())?.entries.map(({ state }) => state)).toEqual(
      asked.map((_, index) => (index === 0 ? 'done' : 'waiting')),
    );
    answer = { lastRun: { ...answer.lastRun, outcomes: asked.map((each) => outcome(each)) }, running: false };
    await catchUp(bench);
    expect(shownRun(bench.runs.getState())).toMatchObject({ state: 'done', documentId: run.documentId });
  });

  it('can be cancelled even when the lab is gone', async () => {
    const lab = fakeLab({
      cancel: () => {
        throw new LabError(labFailed('unreachable', 'gone'));
      },
    });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    await startRun(bench);
    await cancelRun(bench);
    expect(runningRun(bench.runs.getState())).toBeNull();
  });
});

describe('the run that result panes show', () => {
  it('changes at once when it is another one or has ended, else a few times a second, and never for progress', async () => {
    vi.useFakeTimers();
    const bench = fakeBench(fakeLab());
    const stop = followShownRun(bench);
    const shown = (): BenchRun => bench.view.getState().run!;
    addRun(bench.runs, newRun('r'));
    expect(shown().runId).toBe('r');
    const first = shown();
    const take = (event: LabEvent): void => bench.runs.setState((state) => afterEvents(state, [event]));
    take(progress('r', 0, 5));
    await vi.advanceTimersByTimeAsync(1000);
    expect(shown()).toBe(first);
    take({ name: 'run.result', data: { runId: 'r', index: 0, ...outcome(configurations[0]!) } });
    expect(shown()).toBe(first);
    await vi.advanceTimersByTimeAsync(400);
    expect(shown().entries[0]!.state).toBe('done');
    take({ name: 'run.done', data: { runId: 'r', cancelled: false, elapsedMs: 1, notKept: [] } });
    expect(shown().state).toBe('done');
    stop();
    vi.useRealTimers();
  });
});
