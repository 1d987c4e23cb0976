import type { Configuration } from '../../core/index.ts';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { entryFor } from '../state/entry-for.ts';
import { findDocument } from '../state/documents.ts';
import { en } from '../text/en.ts';
import { compact } from '../text/numbers.ts';

/** How far a configuration is: waiting, its accesses so far, done, unchanged since the last time, or why not. */
export function RowState({ document, configuration }: { document: string; configuration: Configuration }) {
  const bench = useBench();
  const text = useStore(bench.documents, (state) => findDocument(state, document)?.text ?? '');
  const entry = useStore(bench.runs, (state) => entryFor(state, document, text, configuration));
  if (entry === null) return <span className="row-state muted">{en.run.notRun}</span>;
  const { state, accesses, outcome, failure } = entry;
  if (state === 'running') return <span className="row-state running">{compact(accesses)}</span>;
  if (state === 'waiting') return <span className="row-state muted">{en.run.waiting}</span>;
  if (failure !== null) {
    const text = failure.kind === 'cancelled' ? en.run.stopped : en.run.wrong;
    return (
      <span className={`row-state ${failure.kind === 'cancelled' ? 'muted' : 'wrong'}`} title={failure.message}>
        {text}
      </span>
    );
  }
  const wrong = outcome !== null && (outcome.result.problem !== null || outcome.result.divergences.length > 0);
  return (
    <span className="row-state done">
      {outcome?.cached === true ? en.run.kept : en.run.finished}
      {wrong && <span className="wrong"> {en.run.diverged}</span>}
    </span>
  );
}
