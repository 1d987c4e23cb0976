import { useMemo } from 'react';
import { pairWarnings } from '../../core/index.ts';
import { ChartSection } from '../charts/chart-section.tsx';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { asSentence } from '../text/sentence.ts';
import { Warnings } from '../widgets/warnings.tsx';
import { divergencesChart, divergencesTable, lineOfKey, notesTable } from './divergences.ts';
import type { PricedRun } from './priced-runs.ts';
import { ResultNotes } from './result-notes.tsx';
import { usePricedRuns } from './use-priced-runs.ts';
import '../charts/charts.css';

const text = resultText.divergences;

const comparedOf = ({ result }: PricedRun) => ({ configuration: result.configuration, result });

/** What the guest observed and must not have, and what else a run had to say. */
export function DivergencesPane({ run, pair, theme, actions }: ResultPaneProps) {
  const priced = usePricedRuns(run);
  const { runs } = priced;
  const chart = useMemo(() => divergencesChart(runs), [runs]);
  const table = useMemo(() => divergencesTable(runs), [runs]);
  const notes = useMemo(() => notesTable(runs), [runs]);
  const a = runs.find(({ index }) => index === pair.a);
  const b = runs.find(({ index }) => index === pair.b);
  const warnings = useMemo(
    () =>
      a === undefined || b === undefined
        ? []
        : pairWarnings(comparedOf(a), comparedOf(b)).map((remark) => text.ofPair(a.name, b.name, asSentence(remark))),
    [a, b],
  );
  const unchecked = runs.filter(({ result }) => !result.checked).map(({ name }) => name);
  const shown = { theme, copy: actions.copy, onAction: (key: string) => actions.goToLine(lineOfKey(key)) };
  return (
    <div className="result-pane">
      {/* A region that scrolls must be reachable by key. */}
      <div className="result-body" tabIndex={0} role="group" aria-label={text.title}>
        <ResultNotes run={run} priced={priced} actions={actions} />
        {warnings.length > 0 && (
          <div className="result-notes">
            <Warnings list={warnings} />
          </div>
        )}
        {unchecked.length > 0 && <p className="muted">{text.unchecked(unchecked)}</p>}
        {table.rows.length > 0 && <ChartSection chart={chart} table={table} {...shown} />}
        {table.rows.length === 0 && runs.length > unchecked.length && <p>{text.none}</p>}
        {notes.rows.length > 0 && <ChartSection chart={null} table={notes} {...shown} />}
      </div>
    </div>
  );
}
