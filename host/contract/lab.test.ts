import { describe, expect, it } from 'vitest';
import { parseConfigurations } from '../../core/index.ts';
import { LAB_EVENTS, LAB_METHODS, readAnswer, readCall, readEvent } from './lab.ts';

const [configuration] = (() => {
  const parsed = parseConfigurations({ designs: ['fast-mmio'], mmus: ['ept'] });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
})();

const script = { name: 'a.ts', text: '' };
const options = { check: true, events: 0, seconds: 0 };
const start = { runId: 'r1', script, configurations: [configuration], options };

describe('a call', () => {
  it.each([
    ['describe', {}],
    ['start', start],
    ['files.open', { path: null }],
    ['drafts.put', { key: 'untitled:1', path: null, name: 'untitled', text: 'x', base: null, by: 'w', seen: null }],
    ['workspace.put', { state: { any: ['json', 1, null] } }],
  ])('%s is taken as it is', (method, params) => {
    expect(readCall({ method, params })).toEqual({ ok: true, value: { method, params } });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'describe'],
    ['no parameters', { method: 'describe' }],
    ['an unknown method', { method: 'eval', params: {} }],
    ['a method of every object', { method: 'toString', params: {} }],
    ['a prototype', { method: '__proto__', params: {} }],
    ['more than the envelope', { method: 'describe', params: {}, extra: 1 }],
    ['a parameter nobody knows', { method: 'describe', params: { x: 1 } }],
    ['parameters of another method', { method: 'cancel', params: script }],
    ['an id with a path in it', { method: 'cancel', params: { runId: '../../etc' } }],
    ['no configuration', { method: 'start', params: { ...start, configurations: [] } }],
    [
      'too many configurations',
      { method: 'start', params: { ...start, configurations: Array(257).fill(configuration) } },
    ],
    ['a configuration with a hole', { method: 'start', params: { ...start, configurations: [{ name: 'x' }] } }],
    ['too many events', { method: 'start', params: { ...start, options: { ...options, events: 2 ** 40 } } }],
    ['NaN for a number', { method: 'start', params: { ...start, options: { ...options, seconds: NaN } } }],
    ['access 0', { method: 'inspect', params: { script, configuration, access: 0 } }],
    ['too many events to read', { method: 'events.read', params: { runId: 'r1', index: 0, from: 0, count: 65_537 } }],
    [
      'too many arguments to read',
      { method: 'events.arguments', params: { runId: 'r1', index: 0, from: 0, count: 65_537 } },
    ],
    ['half an access', { method: 'inspect', params: { script, configuration, access: 1.5 } }],
    ['an endless text', { method: 'check', params: { name: 'a', text: 'x'.repeat(4 * 1024 * 1024 + 1) } }],
  ])('with %s is refused with one sentence', (_what, message) => {
    const read = readCall(message);
    expect(read).toMatchObject({ ok: false, error: { code: 'bad-message', line: 0 } });
    if (!read.ok) expect(read.error.message).toMatch(/^[^\n]{5,300}$/);
  });
});

describe('an answer', () => {
  it('is its reply', () => {
    expect(readAnswer('results.export', { ok: true, reply: { text: 'x' } })).toEqual({
      ok: true,
      value: { text: 'x' },
    });
  });

  it('is its failure', () => {
    const failure = { code: 'not-found', message: 'gone', line: 0, column: 0 };
    expect(readAnswer('describe', { ok: false, failure })).toEqual({ ok: false, error: failure });
  });

  it.each<[string, unknown]>([
    ['is no envelope', 7],
    ['has no reply', { ok: true }],
    ['has another reply', { ok: true, reply: { text: 1 } }],
    ['has a failure of an unknown kind', { ok: false, failure: { code: 'boom', message: '', line: 0, column: 0 } }],
  ])('that %s is a failure of its own', (_what, answer) => {
    expect(readAnswer('results.export', answer)).toMatchObject({ ok: false, error: { code: 'bad-message' } });
  });
});

describe('events read', () => {
  const column = { start: 0.5, unit: 1 / 16, bits: 16, data: 'AAA=' };
  const reply = { from: 0, count: 1, total: 1, kind: 'AA==', access: column, cycles: column };

  it('are columns', () => {
    expect(readAnswer('events.read', { ok: true, reply })).toEqual({ ok: true, value: reply });
  });

  it.each([
    ['cells of another width', { bits: 8 }],
    ['a unit of nothing', { unit: 0 }],
    ['a start that is no number', { start: Number.NaN }],
    ['no cells', { data: undefined }],
  ])('with %s are refused', (_what, broken) => {
    const answer = { ok: true, reply: { ...reply, cycles: { ...column, ...broken } } };
    expect(readAnswer('events.read', answer)).toMatchObject({ ok: false, error: { code: 'bad-message' } });
  });
});

describe('an event', () => {
  const result = {
    configuration,
    accesses: 3,
    paths: [{ steps: [['guest.write', 1]], count: 3 }],
    phases: [],
    hostPaths: [],
    stats: { exits: 3 },
    exits: { EPT_MISCONFIG: 3 },
    eventfds: { kick: 3 },
    userspaceExits: 0,
    divergences: [{ kind: 'lost-write', text: 't', access: 'a', line: 1, count: 2 }],
    notes: [],
    problem: null,
    clock: 1.5,
    checked: true,
  };
  const outcome = { runId: 'r', index: 0, result, firsts: [1], lines: [], events: null, cached: false };

  it('with a result of the core passes', () => {
    expect(readEvent({ name: 'run.result', data: outcome })).toEqual({
      ok: true,
      value: { name: 'run.result', data: outcome },
    });
  });

  it.each<[string, object]>([
    ['negative counts', { exits: { HLT: -1 } }],
    ['a path without steps', { paths: [{ count: 1 }] }],
    ['a step that is text', { paths: [{ steps: ['guest.write'], count: 1 }] }],
    ['half a step', { paths: [{ steps: [['guest.write', 0.5]], count: 1 }] }],
    ['a path that is no object', { paths: [null] }],
    ['an unknown divergence', { divergences: [{ kind: 'odd', text: '', access: '', line: 0, count: 1 }] }],
  ])('with %s does not', (_what, change) => {
    expect(readEvent({ name: 'run.result', data: { ...outcome, result: { ...result, ...change } } }).ok).toBe(false);
  });

  it.each([[null], [{ name: 'boom', data: {} }], [{ name: 'constructor', data: {} }], [{ name: 'run.done' }]])(
    '%j is none',
    (event) => {
      expect(readEvent(event).ok).toBe(false);
    },
  );
});

it('every method and event has a name of letters and at most one dot', () => {
  for (const name of [...Object.keys(LAB_METHODS), ...Object.keys(LAB_EVENTS)])
    expect(name).toMatch(/^[a-z]+(\.[a-zA-Z]+)?$/);
});
