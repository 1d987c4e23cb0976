import type { Bench } from '../state/bench.ts';
import { findDocument } from '../state/documents.ts';
import { hasNews } from '../state/run.ts';
import { checkProblems, runProblems, type Problem } from '../state/problems.ts';
import { latestRunOf } from '../state/runs.ts';
import { monaco } from './monaco.ts';

const SEVERITY: Readonly<Record<Problem['severity'], monaco.MarkerSeverity>> = {
  error: monaco.MarkerSeverity.Error,
  warning: monaco.MarkerSeverity.Warning,
  info: monaco.MarkerSeverity.Info,
};

/** Markers of one editor: what the lab's check found, what the last run met, each while it is about the text as it is. Returns the undo. */
export function followMarkers(bench: Bench, documentId: string, editor: monaco.editor.ICodeEditor): () => void {
  const model = editor.getModel();
  if (model === null) return () => {};
  const set = (owner: string, problems: readonly Problem[]): void =>
    monaco.editor.setModelMarkers(
      model,
      owner,
      problems.map((problem) => marker(model, problem)),
    );
  const markCheck = (): void => {
    const document = findDocument(bench.documents.getState(), documentId);
    if (document === null || model.isDisposed()) return;
    // The editor's own language service reports the same mistakes of types; each is shown once.
    const typed = monaco.editor.getModelMarkers({ resource: model.uri, owner: 'typescript' });
    const known = new Set(typed.map(({ startLineNumber, message }) => `${startLineNumber}:${firstLine(message)}`));
    set(
      'exitlab-check',
      checkProblems(document).filter(({ line, message }) => !known.has(`${line}:${firstLine(message)}`)),
    );
  };
  const markRun = (): void => {
    const run = latestRunOf(bench.runs.getState(), documentId);
    const document = findDocument(bench.documents.getState(), documentId);
    if (model.isDisposed() || document === null) return;
    set('exitlab-run', run === null ? [] : runProblems(run, document.text));
  };
  const typing = monaco.editor.onDidChangeMarkers((resources) => {
    if (resources.some((uri) => uri.toString() === model.uri.toString()) && changed()) markCheck();
  });
  let before = '';
  const changed = (): boolean => {
    const now = JSON.stringify(monaco.editor.getModelMarkers({ resource: model.uri, owner: 'typescript' }));
    const differs = now !== before;
    before = now;
    return differs;
  };
  const stops = [
    bench.documents.subscribe((state, old) => {
      const [document, was] = [findDocument(state, documentId), findDocument(old, documentId)];
      if (document?.check !== was?.check || document?.text !== was?.text) markCheck();
      if (document?.text !== was?.text) markRun();
    }),
    bench.runs.subscribe((state, old) => {
      if (hasNews(latestRunOf(state, documentId), latestRunOf(old, documentId))) markRun();
    }),
  ];
  markCheck();
  markRun();
  return () => {
    typing.dispose();
    for (const stop of stops) stop();
  };
}

/** First line of a message, without the number that a compiler puts behind it. */
const firstLine = (message: string): string => message.split('\n', 1)[0]!.replace(/ \(TS\d+\)$/, '');

/** A marker on the word at its place; on the whole line when the column is not known. */
function marker(
  model: monaco.editor.ITextModel,
  { line, column, severity, message }: Problem,
): monaco.editor.IMarkerData {
  const startLineNumber = Math.min(Math.max(line, 1), model.getLineCount());
  const word = column > 0 ? model.getWordAtPosition({ lineNumber: startLineNumber, column }) : null;
  const start =
    word?.startColumn ?? (column > 0 ? column : model.getLineFirstNonWhitespaceColumn(startLineNumber) || 1);
  return {
    startLineNumber,
    endLineNumber: startLineNumber,
    startColumn: start,
    endColumn: word?.endColumn ?? Math.max(model.getLineMaxColumn(startLineNumber), start + 1),
    severity: SEVERITY[severity],
    message,
    source: 'exitlab',
  };
}
