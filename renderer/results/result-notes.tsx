import type { BenchRun } from '../state/run.ts';
import { resultText } from '../text/results.ts';
import type { PricedRuns } from './priced-runs.ts';

/** How far a run is, and what has no result and why. */
export function ResultNotes({ run, priced }: { readonly run: BenchRun; readonly priced: PricedRuns }) {
  const done = priced.runs.length;
  const pending = run.state === 'running' && done < run.entries.length;
  if (!pending && priced.problems.length === 0 && done > 0) return null;
  return (
    <div className="result-notes">
      {pending && <p className="muted">{resultText.pending(done, run.entries.length)}</p>}
      {done === 0 && !pending && <p className="muted">{resultText.noneDone}</p>}
      {priced.problems.length > 0 && <p className="warning">{resultText.failed(priced.problems)}</p>}
    </div>
  );
}
