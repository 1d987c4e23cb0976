import { ResultNotes } from '../results/result-notes.tsx';
import { usePricedRuns } from '../results/use-priced-runs.ts';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { InspectTools } from './inspect-tools.tsx';
import { MachineStateView } from './machine-state.tsx';
import { useInspection } from './use-inspection.ts';
import { WalkthroughView } from './walkthrough-view.tsx';
import '../charts/charts.css';
import './inspect.css';

const text = resultText.inspect;

/** One access, step by step, with the machine before and after. */
export function InspectPane({ run, target, theme, actions }: ResultPaneProps) {
  const priced = usePricedRuns(run);
  const shown = priced.runs.find(({ index }) => index === target?.index) ?? priced.runs[0];
  const answer = useInspection(run.runId, shown === undefined ? null : target, actions.readInspection);
  if (shown === undefined) {
    return (
      <div className="result-body">
        <ResultNotes run={run} priced={priced} actions={actions} />
      </div>
    );
  }
  const inspection = answer.state === 'ready' ? answer.inspection : answer.state === 'loading' ? answer.last : null;
  return (
    <div className="result-pane">
      <div className="result-tools" role="group" aria-label={text.access}>
        <InspectTools runs={priced.runs} run={shown} target={target} go={actions.inspect} />
        <span className="muted" role="status">
          {answer.state === 'loading' ? text.loading : ''}
        </span>
      </div>
      <div
        className="result-body inspect-body"
        tabIndex={0}
        role="group"
        aria-label={text.steps}
        aria-busy={answer.state === 'loading'}
      >
        {answer.state === 'none' && <p className="muted">{text.pick}</p>}
        {answer.state === 'failed' && (
          <p className="warning" role="alert">
            {answer.why}
          </p>
        )}
        {inspection !== null && (
          <>
            <WalkthroughView inspection={inspection} run={shown} theme={theme} actions={actions} />
            <MachineStateView inspection={inspection} theme={theme} copy={actions.copy} />
          </>
        )}
      </div>
    </div>
  );
}
