import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { findDocument } from './documents.ts';
import { setPair, type Pair } from './matrices.ts';
import type { ResultPaneActions, ShownPair } from './result-pane.ts';
import type { BenchRun } from './run.ts';
import { shownRun } from './runs.ts';
import { titleOfScript } from './script-title.ts';
import { requestPlace } from './view.ts';

/** Matrix and panes of runs that belong to no editor share one pair. */
const ownerOf = (run: BenchRun): string => run.documentId ?? '';

/** Places of the compared configurations in a run; the first two where the user has not chosen. */
export function shownPair(run: BenchRun | null, pairs: Readonly<Record<string, Pair>>): ShownPair {
  if (run === null) return { a: null, b: null };
  const pair = pairs[ownerOf(run)];
  const place = (key: string | null | undefined): number | null => {
    const index = run.entries.findIndex((entry) => entry.key === key);
    return index < 0 ? null : index;
  };
  const a = place(pair?.a) ?? (run.entries.length > 0 ? 0 : null);
  const second = run.entries.findIndex((_, index) => index !== a);
  return { a, b: place(pair?.b) ?? (second < 0 ? null : second) };
}

/** What result panes may do, on the run that is shown at that moment. */
export function resultPaneActions(bench: Bench): ResultPaneActions {
  const run = (): BenchRun => {
    const shown = shownRun(bench.runs.getState());
    if (shown === null) throw new Error(en.panes.noRun);
    return shown;
  };
  const configurationAt = (index: number) => {
    const entry = run().entries[index];
    if (entry === undefined) throw new Error(en.run.notRun);
    return entry.configuration;
  };
  return {
    choosePair({ a, b }) {
      const { entries } = run();
      const keyAt = (index: number | null): string | null => (index === null ? null : (entries[index]?.key ?? null));
      setPair(bench.matrices, ownerOf(run()), { a: keyAt(a), b: keyAt(b) });
    },
    inspect(target) {
      bench.view.setState({ target });
      bench.view.getState().dock?.show('inspect');
    },
    show: (pane) => bench.view.getState().dock?.show(pane),
    goToLine(line) {
      const document = findDocument(bench.documents.getState(), run().documentId);
      if (document === null) return announce(bench.announcer, en.run.noEditor, 'error');
      bench.documents.setState({ active: document.id });
      requestPlace(bench.view, document.id, line);
    },
    readTitle: (script) => titleOfScript(bench, script),
    readInspection: async ({ index, access }) =>
      bench.lab.call('inspect', { script: run().script, configuration: configurationAt(index), access }),
    readEvents: async (asked) => bench.lab.call('events.read', asked),
    readArguments: async (asked) => bench.lab.call('events.arguments', asked),
    async copy(text, what) {
      await navigator.clipboard.writeText(text);
      announce(bench.announcer, en.common.copied(what));
    },
    announce: (sentence) => announce(bench.announcer, sentence),
  };
}
