import { Button, ProgressBar } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { activeDocument } from '../state/documents.ts';
import { runningRun } from '../state/runs.ts';
import { cancelRun, startRun } from '../state/start-run.ts';
import { en } from '../text/en.ts';

/** Run, or what a run is doing and Cancel. */
export function RunControls() {
  const bench = useBench();
  const run = useStore(bench.runs, runningRun);
  const hasScript = useStore(bench.documents, (state) => activeDocument(state) !== null);
  if (run === null) {
    return (
      <Button
        className="button primary"
        aria-label={en.run.button}
        isDisabled={!hasScript}
        onPress={() => void startRun(bench)}
      >
        <span aria-hidden="true">▶</span> {en.run.run}
      </Button>
    );
  }
  const ended = run.entries.filter(({ state }) => state === 'done' || state === 'failed').length;
  const accesses = run.entries.reduce((sum, entry) => sum + entry.accesses, 0);
  const text = en.run.progress(ended, run.entries.length, accesses);
  return (
    <>
      <ProgressBar
        className="progress"
        aria-label={en.run.running}
        value={ended}
        maxValue={run.entries.length}
        valueLabel={text}
      >
        {({ percentage, valueText }) => (
          <>
            <span className="progress-text">{valueText}</span>
            <span className="progress-track">
              <span className="progress-fill" style={{ width: `${percentage ?? 0}%` }} />
            </span>
          </>
        )}
      </ProgressBar>
      <Button className="button" onPress={() => void cancelRun(bench)}>
        <span aria-hidden="true">■</span> {en.run.cancel}
      </Button>
    </>
  );
}
