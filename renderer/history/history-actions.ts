import type { HistoryRow } from '../../host/contract/lab.ts';
import { announce } from '../state/announcer.ts';
import type { Bench } from '../state/bench.ts';
import { failureOf } from '../state/failure.ts';
import { setPair } from '../state/matrices.ts';
import { showResult } from '../state/open-result.ts';
import { ask } from '../state/questions.ts';
import { shownRun } from '../state/runs.ts';
import { reportText } from '../text/reports.ts';
import { createStore } from 'zustand/vanilla';

const text = reportText.history;

/** Runs that were deleted last in this window, to be had back at once. */
export const deletedLast = createStore<{ readonly ids: readonly number[] }>(() => ({ ids: [] }));

/** Does something with the history; what goes wrong is said, nothing is thrown. */
async function attempt(bench: Bench, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}

/** Shows a stored run in the panes of results; `prices`: a CPU model or a kept host to price it as. */
export const openStored = (bench: Bench, id: number, prices: string | null): Promise<void> =>
  attempt(bench, async () => {
    await showResult(bench, await bench.lab.call('history.get', { id, prices }));
    announce(bench.announcer, text.opened(id));
  });

/** Shows two stored runs side by side, the first configuration of each as A and B. */
export const pairStored = (bench: Bench, a: number, b: number): Promise<void> =>
  attempt(bench, async () => {
    const { file, notes } = await bench.lab.call('history.pair', { a, b });
    await showResult(bench, file, notes);
    const run = shownRun(bench.runs.getState());
    const ofB = run?.entries.find(({ configuration }) => configuration.name.startsWith(`${b}: `));
    if (run !== null && ofB !== undefined)
      setPair(bench.matrices, run.documentId ?? '', { a: run.entries[0]!.key, b: ofB.key });
    bench.view.getState().dock?.show('compare');
    announce(bench.announcer, text.paired(a, b));
  });

export const deleteStored = (bench: Bench, ids: readonly number[]): Promise<void> =>
  attempt(bench, async () => {
    await bench.lab.call('history.delete', { ids: [...ids] });
    deletedLast.setState({ ids });
    announce(bench.announcer, text.removed(ids.length));
  });

export const restoreStored = (bench: Bench, ids: readonly number[]): Promise<void> =>
  attempt(bench, async () => {
    await bench.lab.call('history.restore', { ids: [...ids] });
    deletedLast.setState({ ids: [] });
    announce(bench.announcer, text.back(ids.length));
  });

export const tagStored = (bench: Bench, { id, tags }: HistoryRow): Promise<void> =>
  attempt(bench, async () => {
    const typed = await askLine(bench, text.tagsTitle(id), text.tagsAbout, text.tags, tags.join(' '));
    if (typed === null) return;
    await bench.lab.call('history.change', { id, tags: typed.split(/[\s,]+/).filter((tag) => tag !== '') });
  });

export const noteStored = (bench: Bench, { id, note }: HistoryRow): Promise<void> =>
  attempt(bench, async () => {
    const typed = await askLine(bench, text.noteTitle(id), text.noteAbout, text.note, note);
    if (typed !== null) await bench.lab.call('history.change', { id, note: typed });
  });

async function askLine(bench: Bench, title: string, about: string, label: string, value: string) {
  const reply = await ask(bench.questions, {
    title,
    text: about,
    answers: [{ id: 'ok', label: 'OK' }],
    field: { label: label.replace('…', ''), value },
  });
  return reply.id === 'ok' ? reply.text : null;
}
