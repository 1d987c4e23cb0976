import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { isDirty } from './document.ts';
import { debounce } from './debounce.ts';
import { storeUnheld, unheld } from './drafts.ts';
import { flushDrafts } from './edit-document.ts';
import { sentenceOf } from './failure.ts';
import { en } from '../text/en.ts';

/** Version of what the window keeps. */
export const WORKSPACE_SCHEMA = 1;

/** Milliseconds of quiet before the workspace is kept. */
const KEEP_AFTER = 400;

/** What the window finds again after a restart, as plain JSON. Texts are files or drafts and are not in it. */
export function workspaceState(bench: Bench): unknown {
  const { open, active } = bench.documents.getState();
  const { matrices, pairs } = bench.matrices.getState();
  return {
    schema: WORKSPACE_SCHEMA,
    settings: bench.settings.getState(),
    layout: bench.view.getState().dock?.save() ?? null,
    documents: open.map(({ id, name, path, scenario, draft }) => ({ id, name, path, scenario, draft })),
    active,
    matrices,
    pairs,
    run: shownDocument(bench),
  };
}

/** The editor that the shown run belongs to, to join the two again. */
function shownDocument(bench: Bench): unknown {
  const { runs, shown } = bench.runs.getState();
  const run = shown === null ? undefined : runs[shown];
  return run === undefined ? null : { runId: run.runId, documentId: run.documentId };
}

/** Keeps the workspace after every change, and tells the shell around the window its title. Returns `keep`, for a change of the layout. */
export function followWorkspace(bench: Bench): { keep: () => void; stop: () => void } {
  const put = debounce(KEEP_AFTER, () => {
    bench.lab
      .call('workspace.put', { state: workspaceState(bench) })
      .catch((error: unknown) => announce(bench.announcer, en.layout.notKept(sentenceOf(error)), 'error'));
  });
  const tell = (): void => void tellShell(bench);
  const now = (): void => {
    storeUnheld(bench);
    flushDrafts(bench);
    put.flush();
  };
  const onLeave = (event: BeforeUnloadEvent): void => {
    // The desktop app asks by itself.
    if (bench.about.platform.host !== 'browser') return;
    const stored = storeUnheld(bench);
    if (!stored || (!bench.view.getState().connected && unheld(bench).length > 0)) event.preventDefault();
  };
  const onHide = (): void => {
    if (document.visibilityState === 'hidden') now();
  };
  const stops = [
    bench.documents.subscribe((state, before) => {
      if (state.active !== before.active || state.open.length !== before.open.length || tabsDiffer(state, before))
        put();
      tell();
    }),
    bench.matrices.subscribe(() => put()),
    bench.settings.subscribe(() => put()),
    bench.runs.subscribe((state, before) => {
      if (state.shown !== before.shown) put();
    }),
  ];
  addEventListener('pagehide', now);
  addEventListener('beforeunload', onLeave);
  document.addEventListener('visibilitychange', onHide);
  tell();
  const stop = (): void => {
    for (const each of stops) each();
    removeEventListener('pagehide', now);
    removeEventListener('beforeunload', onLeave);
    document.removeEventListener('visibilitychange', onHide);
    put.flush();
  };
  return { keep: () => put(), stop };
}

type Documents = ReturnType<Bench['documents']['getState']>;

const tabsDiffer = (state: Documents, before: Documents): boolean =>
  state.open.some((document, index) => document.path !== before.open[index]?.path);

let told = '';

/** Title of the window, and the names of texts that are in no file. */
async function tellShell(bench: Bench): Promise<void> {
  const { open, active } = bench.documents.getState();
  const name = open.find(({ id }) => id === active)?.name;
  const unsaved = open.filter(isDirty).map((document) => document.name);
  const title = name === undefined ? en.app : `${unsaved.includes(name) ? '● ' : ''}${name} — ${en.app}`;
  const message = JSON.stringify([title, unsaved]);
  if (message === told) return;
  told = message;
  document.title = title;
  await bench.lab.call('window.put', { title: title.slice(0, 400), unsaved }).catch(() => {});
}
