import type { ResultPaneActions } from '../state/result-pane.ts';
import type { BenchRun } from '../state/run.ts';
import { percent } from '../charts/format.ts';
import { resultText } from '../text/results.ts';
import { asSentence } from '../text/sentence.ts';
import { Warnings } from '../widgets/warnings.tsx';
import type { PricedRuns } from './priced-runs.ts';

interface Props {
  readonly run: BenchRun;
  readonly priced: PricedRuns;
  readonly actions: Pick<ResultPaneActions, 'goToLine'>;
}

/** How far a run is, and what has no result and why: each reason once, with the configurations it holds for. */
export function ResultNotes({ run, priced: { runs, missing }, actions }: Props) {
  const all = run.entries.length;
  const pending = run.state === 'running' && runs.length < all;
  const marked = runs.filter(({ mark }) => mark !== undefined);
  const notes = run.notes ?? [];
  if (!pending && missing.length === 0 && runs.length > 0 && marked.length === 0 && notes.length === 0) return null;
  return (
    <div className="result-notes">
      {pending && <p className="muted">{resultText.pending(runs.length, all)}</p>}
      {runs.length === 0 && !pending && <p className="muted">{resultText.noneDone}</p>}
      <Warnings list={notes.map(asSentence)} />
      {marked.map(({ index, name, model, mark }) => (
        <p key={index} className="muted">
          {resultText.predicted(name, model.name, mark!.mark, percent(mark!.explained))}
        </p>
      ))}
      {missing.length > 0 && (
        <div className="warning">
          <p>{resultText.failed}</p>
          <ul>
            {missing.map(({ why, line, names }) => (
              <li key={`${line}:${why}`}>
                <b>{resultText.failedOn(names, all)}</b>
                {why}{' '}
                {line > 0 && (
                  <button type="button" className="row-action" onClick={() => actions.goToLine(line)}>
                    {resultText.inspect.line(line)}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
