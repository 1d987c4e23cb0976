import type { Bench } from '../state/bench.ts';
import { findDocument } from '../state/documents.ts';
import { shownPair } from '../state/result-pane-actions.ts';
import { hasNews, type BenchRun, type RunEntry } from '../state/run.ts';
import { latestRunOf } from '../state/runs.ts';
import { en } from '../text/en.ts';
import { compact } from '../text/numbers.ts';
import { resultText } from '../text/results.ts';
import type { monaco } from './monaco.ts';

/** Characters of the margin for a count. */
const WIDTH = 7;

/** The configuration whose counts stand in the margin: the first of the two compared, else the first that has any. */
export function marginEntry(bench: Bench, run: BenchRun): RunEntry | null {
  const { a } = shownPair(run, bench.matrices.getState().pairs);
  const chosen = a === null ? undefined : run.entries[a];
  if (chosen !== undefined && chosen.outcome !== null) return chosen;
  return run.entries.find(({ outcome }) => outcome !== null) ?? null;
}

/** Writes the exits of each line into the margin, left of its number, and every configuration's counts into its hover. Returns the undo. */
export function followLineCounts(bench: Bench, documentId: string, editor: monaco.editor.ICodeEditor): () => void {
  const decorations = editor.createDecorationsCollection();
  /** Exits by line; empty: the margin holds line numbers alone. */
  let exits = new Map<number, number>();
  const number = (line: number): string => {
    if (exits.size === 0) return String(line);
    const count = exits.get(line);
    return `${count === undefined ? '' : compact(count)} ${String(line).padStart(4, '\u2007')}`;
  };
  const show = (): void => {
    const run = latestRunOf(bench.runs.getState(), documentId);
    const document = findDocument(bench.documents.getState(), documentId);
    const fresh = run !== null && document !== null && run.script.text === document.text;
    const entry = fresh ? marginEntry(bench, run) : null;
    exits = new Map(entry?.outcome?.lines.map((line) => [line.line, line.exits]));
    decorations.set(entry === null || run === null ? [] : hovers(run, entry));
    editor.updateOptions({ lineNumbers: number, lineNumbersMinChars: exits.size === 0 ? 4 : 4 + WIDTH });
  };
  const stops = [
    bench.runs.subscribe((state, before) => {
      if (hasNews(latestRunOf(state, documentId), latestRunOf(before, documentId))) show();
    }),
    bench.matrices.subscribe((state, before) => {
      if (state.pairs !== before.pairs) show();
    }),
    bench.documents.subscribe((state, before) => {
      if (findDocument(state, documentId)?.text !== findDocument(before, documentId)?.text) show();
    }),
  ];
  show();
  return () => {
    for (const stop of stops) stop();
    decorations.clear();
  };
}

/** A decoration for each line that did something: what it did on every configuration, the one in the margin first. */
function hovers(run: BenchRun, shown: RunEntry): monaco.editor.IModelDeltaDecoration[] {
  const texts = new Map<number, string[]>();
  for (const entry of [shown, ...run.entries.filter((other) => other !== shown)]) {
    for (const { line, accesses, exits } of entry.outcome?.lines ?? []) {
      const rows = texts.get(line) ?? [];
      const whose = entry.outcome?.result.timed === undefined ? '' : ` (${resultText.timed.margin})`;
      rows.push(`${entry.configuration.name}: ${en.editor.lineCounts(accesses, exits)}${whose}`);
      texts.set(line, rows);
    }
  }
  return [...texts].map(([line, rows]) => ({
    range: { startLineNumber: line, endLineNumber: line, startColumn: 1, endColumn: 1 },
    options: {
      lineNumberClassName: 'counted-line',
      lineNumberHoverMessage: { value: rows.map(escaped).join('  \n') },
    },
  }));
}

/** A name is the user's own text and no Markdown. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&');
