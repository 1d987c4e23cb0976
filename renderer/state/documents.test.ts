import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LabError, labFailed, type LabReply } from '../../host/contract/lab.ts';
import { fakeBench } from '../test/fake-bench.ts';
import { fakeLab } from '../test/fake-lab.ts';
import type { Bench } from './bench.ts';
import { announce } from './announcer.ts';
import { closeDocument } from './close-document.ts';
import { isDirty } from './document.ts';
import { activeDocument } from './documents.ts';
import { unheld } from './drafts.ts';
import { editDocument } from './edit-document.ts';
import { newScript, openFile, openScenario } from './open-document.ts';
import { checkProblems } from './problems.ts';
import { shownRun } from './runs.ts';
import { startRun } from './start-run.ts';
import { saveDocument, saveDocumentAs } from './save-document.ts';

const scenario = { id: 'doorbell', title: 'Doorbell', question: '', claims: [], says: [], text: 'one', selection: {} };
const active = (bench: Bench) => activeDocument(bench.documents.getState())!;
const drafts = (lab: ReturnType<typeof fakeLab>) =>
  lab.calls
    .filter(({ method }) => method === 'drafts.put')
    .map(({ params }) => (params as { text: string | null }).text);

/** Answers the question that is asked next. */
async function answer(bench: Bench, id: string | null, text = ''): Promise<void> {
  await vi.waitFor(() => expect(bench.questions.getState().asked).toHaveLength(1));
  bench.questions.getState().asked[0]!.reply({ id, text });
}

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

describe('an open script', () => {
  it('of the gallery is opened once', () => {
    const bench = fakeBench(fakeLab());
    openScenario(bench, scenario);
    openScenario(bench, scenario);
    expect(bench.documents.getState().open.map(({ name }) => name)).toEqual(['doorbell.ts']);
  });

  it('is kept as a draft and checked once typing pauses, and the draft goes when the text is as it was', async () => {
    const lab = fakeLab();
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    const { id } = active(bench);
    for (const text of ['o', 'on', 'one more']) editDocument(bench, id, text);
    await vi.advanceTimersByTimeAsync(1000);
    expect(drafts(lab)).toEqual(['one more']);
    expect(lab.calls.filter(({ method }) => method === 'check').map(({ params }) => params)).toEqual([
      { name: 'doorbell.ts', text: 'one' },
      { name: 'doorbell.ts', text: 'one more' },
    ]);
    expect(isDirty(active(bench))).toBe(true);
    editDocument(bench, id, 'one');
    await vi.advanceTimersByTimeAsync(1000);
    expect(drafts(lab)).toEqual(['one more', null]);
  });

  it('is kept while the user types without a pause, at least every second', async () => {
    const lab = fakeLab();
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    for (let n = 1; n <= 50; n++) {
      editDocument(bench, active(bench).id, `typed ${n}`);
      await vi.advanceTimersByTimeAsync(100);
      const newest = Number(drafts(lab).at(-1)?.split(' ')[1] ?? 0);
      expect(n - newest, `after ${n} keys`).toBeLessThanOrEqual(8);
    }
    expect(drafts(lab).length).toBeLessThan(10);
  });

  it('that another window has typed into gets a draft apart, with a sentence, and goes on there', async () => {
    const lab = fakeLab({
      'drafts.put': ({ key, text }) => {
        if (key === 'gallery:doorbell') throw new LabError(labFailed('changed', 'another window'));
        return { version: text };
      },
    });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    for (const text of ['two', 'three']) {
      editDocument(bench, active(bench).id, text);
      await vi.advanceTimersByTimeAsync(1000);
    }
    const puts = lab.calls.filter(({ method }) => method === 'drafts.put').map(({ params }) => params);
    expect(puts).toMatchObject([
      { key: 'gallery:doorbell', text: 'two' },
      { key: expect.stringMatching(/^gallery:doorbell \(/), text: 'two' },
      { key: expect.stringMatching(/^gallery:doorbell \(/), text: 'three' },
    ]);
    expect(bench.announcer.getState().last?.text).toMatch(/^doorbell\.ts has other unsaved text in another window/);
  });

  it('gets a name of its own when it is new', () => {
    const bench = fakeBench(fakeLab());
    newScript(bench);
    newScript(bench);
    expect(bench.documents.getState().open.map(({ name }) => name)).toEqual(['untitled-1.ts', 'untitled-2.ts']);
  });

  it('asks for a path where there are no dialogs, and opens a file once', async () => {
    const file = { path: 'a.ts', name: 'a.ts', modified: 5, text: 'a' };
    const bench = fakeBench(fakeLab({ 'files.open': () => file }));
    const opened = openFile(bench);
    await answer(bench, 'open', ' a.ts ');
    await opened;
    await openFile(bench, 'a.ts');
    expect(bench.documents.getState().open).toHaveLength(1);
    expect(active(bench)).toMatchObject({ path: 'a.ts', base: 5, text: 'a', saved: 'a' });
  });

  it('that is too long for a script gets a sentence at every door, and is lost at none', async () => {
    const long = `// ${'x'.repeat(4 * 1024 * 1024)}`;
    const sentence = /has 4.194.307 characters; a script has at most 4.194.304/;
    const said = () => bench.announcer.getState().last?.text;
    const stamp = { path: 'long.ts', name: 'long.ts', modified: 5 };
    const lab = fakeLab({ 'files.open': () => ({ ...stamp, text: long }), 'files.saveAs': () => stamp });
    const bench = fakeBench(lab);
    await openFile(bench, 'long.ts');
    expect(said()).toMatch(sentence);
    expect(bench.documents.getState().open).toEqual([]);
    newScript(bench);
    const { id } = active(bench);
    announce(bench.announcer, '');
    editDocument(bench, id, long);
    await vi.advanceTimersByTimeAsync(1000);
    expect(said()).toMatch(sentence);
    expect(checkProblems(active(bench))).toMatchObject([{ line: 0, message: expect.stringMatching(sentence) }]);
    expect(drafts(lab)).toEqual([]);
    // No draft holds it, so leaving asks.
    expect(unheld(bench)).toHaveLength(1);
    announce(bench.announcer, '');
    await startRun(bench);
    expect(said()).toMatch(sentence);
    const saving = saveDocumentAs(bench, id);
    await answer(bench, 'save', 'long.ts');
    expect(await saving).toBe(true);
    expect(said()).toMatch(sentence);
    expect(lab.calls.find(({ method }) => method === 'files.saveAs')?.params).toMatchObject({ text: long });
  });

  it('says why a file cannot be opened', async () => {
    const bench = fakeBench(fakeLab());
    await openFile(bench, 'gone.ts');
    expect(bench.announcer.getState().last).toMatchObject({ level: 'error', text: expect.stringContaining('gone.ts') });
  });
});

describe('a result file', () => {
  const file = { path: 'a.exitlab.json', name: 'a.exitlab.json', modified: 5, text: '{}' };
  const run = {
    runId: 'r',
    script: { name: 'a.ts', text: 'as it was run' },
    options: { check: true, events: 0, seconds: 0 },
    configurations: [],
    outcomes: [],
  };
  const result: LabReply<'results.import'> = {
    schema: 'exitlab.result/1',
    version: '0.1.0',
    run,
    notKept: [],
    prices: {},
  };

  it('is opened as its script with its results, the script kept as a draft: it is in no file', async () => {
    const lab = fakeLab({ 'files.open': () => file, 'results.import': () => result });
    const bench = fakeBench(lab);
    await openFile(bench, 'a.exitlab.json');
    expect(active(bench)).toMatchObject({ id: 'result:r', name: 'a.ts', path: null, text: 'as it was run' });
    expect(isDirty(active(bench))).toBe(true);
    expect(drafts(lab)).toEqual(['as it was run']);
    expect(shownRun(bench.runs.getState())).toMatchObject({ runId: 'r', documentId: 'result:r', restored: true });
  });

  it('that cannot be read changes nothing but the sentence', async () => {
    const lab = fakeLab({
      'files.open': () => file,
      'results.import': () => {
        throw new LabError(labFailed('refused', 'written by a later version'));
      },
    });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    const before = bench.documents.getState().open.length;
    await openFile(bench, 'a.exitlab.json');
    expect(bench.documents.getState().open).toHaveLength(before);
    expect(active(bench).name).toBe('doorbell.ts');
    expect(shownRun(bench.runs.getState())).toBeNull();
    expect(bench.announcer.getState().last).toMatchObject({
      level: 'error',
      text: 'a.exitlab.json: written by a later version',
    });
  });
});

describe('what the lab says about a text', () => {
  it('is not replaced by a late answer to an older one', async () => {
    const waiting: (() => void)[] = [];
    const check = ({ text }: { text: string }) =>
      new Promise<LabReply<'check'>>((resolve) => {
        const diagnostics = [{ line: 1, column: 1, severity: 'error' as const, message: text }];
        waiting.push(() => resolve({ diagnostics, scenario: null }));
      });
    const bench = fakeBench(fakeLab({ check }));
    openScenario(bench, scenario);
    editDocument(bench, active(bench).id, 'two');
    await vi.advanceTimersByTimeAsync(1000);
    expect(waiting).toHaveLength(2);
    for (const answerCheck of waiting.reverse()) answerCheck();
    await vi.advanceTimersByTimeAsync(10);
    expect(checkProblems(active(bench)).map(({ message }) => message)).toEqual(['two']);
  });
});

describe('saving', () => {
  it('under a name makes it a file; what was typed meanwhile stays unsaved', async () => {
    const lab = fakeLab({
      'files.saveAs': ({ name }) => {
        editDocument(bench, active(bench).id, 'three');
        return { path: name, name: 'mine.ts', modified: 9 };
      },
    });
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    editDocument(bench, active(bench).id, 'two');
    const saving = saveDocument(bench, active(bench).id);
    await answer(bench, 'save', 'mine.ts');
    expect(await saving).toBe(true);
    expect(active(bench)).toMatchObject({ path: 'mine.ts', name: 'mine.ts', base: 9, saved: 'two', text: 'three' });
  });

  it('asks before it overwrites an existing file', async () => {
    const lab = fakeLab({
      'files.saveAs': ({ name, overwrite }) => {
        if (!overwrite) throw new LabError(labFailed('exists', 'exists'));
        return { path: name, name, modified: 1 };
      },
    });
    const bench = fakeBench(lab, true);
    newScript(bench);
    const refused = saveDocumentAs(bench, active(bench).id);
    await answer(bench, 'cancel');
    expect(await refused).toBe(false);
    const allowed = saveDocumentAs(bench, active(bench).id);
    await answer(bench, 'overwrite');
    expect(await allowed).toBe(true);
  });

  it('asks before it overwrites what another program wrote', async () => {
    const lab = fakeLab({
      'files.open': () => ({ path: 'a.ts', name: 'a.ts', modified: 5, text: 'a' }),
      'files.save': ({ base }) => {
        if (base !== null) throw new LabError(labFailed('changed', 'changed'));
        return { path: 'a.ts', name: 'a.ts', modified: 7 };
      },
    });
    const bench = fakeBench(lab);
    await openFile(bench, 'a.ts');
    editDocument(bench, active(bench).id, 'b');
    const saving = saveDocument(bench, active(bench).id);
    await answer(bench, 'overwrite');
    expect(await saving).toBe(true);
    expect(active(bench)).toMatchObject({ saved: 'b', base: 7 });
  });
});

describe('closing', () => {
  it('asks about unsaved text; Escape keeps it open', async () => {
    const lab = fakeLab();
    const bench = fakeBench(lab);
    openScenario(bench, scenario);
    const { id } = active(bench);
    editDocument(bench, id, 'two');
    const kept = closeDocument(bench, id);
    await answer(bench, null);
    expect(await kept).toBe(false);
    const closed = closeDocument(bench, id);
    await answer(bench, 'discard');
    expect(await closed).toBe(true);
    expect(bench.documents.getState()).toEqual({ open: [], active: null });
    expect(drafts(lab).at(-1)).toBeNull();
  });

  it('of a clean text asks nothing', async () => {
    const bench = fakeBench(fakeLab());
    openScenario(bench, scenario);
    expect(await closeDocument(bench, active(bench).id)).toBe(true);
  });
});
