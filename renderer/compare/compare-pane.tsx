import { useMemo } from 'react';
import { Button } from 'react-aria-components';
import { comparePair, Draws } from '../../core/index.ts';
import { ChartSection } from '../charts/chart-section.tsx';
import { Choice } from '../charts/choice.tsx';
import type { PricedRun } from '../results/priced-runs.ts';
import { ResultNotes } from '../results/result-notes.tsx';
import { aboutTimed, isTimed } from '../results/timed.ts';
import { usePricedRuns } from '../results/use-priced-runs.ts';
import { runsTable } from '../results/vcpus.ts';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { breakEvenTable, onlyPathsTable, tornado, tornadoTable } from './certainty.ts';
import { pricesOfBoth, stageDifferenceTable, stepDifferenceTable, waterfall } from './comparison.ts';
import { VerdictView } from './verdict-view.tsx';
import { whatDiffersTable } from './what-differs.ts';
import '../charts/charts.css';

const text = resultText.compare;

/** One set of price lists for every comparison. */
const DRAWS = new Draws();

/** A against B: what differs, what that costs, and in which steps. */
export function ComparePane({ run, pair, theme, actions }: ResultPaneProps) {
  const priced = usePricedRuns(run);
  const a = priced.runs.find(({ index }) => index === pair.a) ?? null;
  const b = priced.runs.find(({ index }) => index === pair.b) ?? null;
  const options = run.entries.map(({ configuration }, index) => ({ value: `${index}`, text: configuration.name }));
  if (options.length < 2) return <p className="pane-note">{text.one}</p>;
  return (
    <div className="result-pane">
      <div className="result-tools">
        <Choice
          label={text.a}
          options={options}
          value={`${pair.a ?? ''}`}
          onChange={(value) => actions.choosePair({ a: Number(value), b: pair.b })}
        />
        <Button className="button" onPress={() => actions.choosePair({ a: pair.b, b: pair.a })}>
          <span aria-hidden="true">⇄</span> {text.swap}
        </Button>
        <Choice
          label={text.b}
          options={options}
          value={`${pair.b ?? ''}`}
          onChange={(value) => actions.choosePair({ a: pair.a, b: Number(value) })}
        />
      </div>
      <div className="result-body" tabIndex={0} role="group" aria-label={text.heading}>
        <ResultNotes run={run} priced={priced} actions={actions} />
        {a !== null && b !== null && <Comparison a={a} b={b} theme={theme} actions={actions} />}
      </div>
    </div>
  );
}

interface Props extends Pick<ResultPaneProps, 'theme' | 'actions'> {
  readonly a: PricedRun;
  readonly b: PricedRun;
}

function Comparison({ a, b, theme, actions }: Props) {
  const shown = useMemo(() => {
    const comparison = comparePair([a], [b], DRAWS);
    return {
      comparison,
      differs: whatDiffersTable(a.result.configuration, b.result.configuration),
      chart: waterfall(a, b),
      prices: pricesOfBoth(a, b),
      stages: stageDifferenceTable(a, b),
      steps: stepDifferenceTable(a, b),
      tornado: tornado(comparison),
      sensitivities: tornadoTable(comparison),
      breakEven: breakEvenTable(comparison),
      onlyPaths: onlyPathsTable(comparison),
      vcpus: runsTable([a, b].filter(isTimed)),
    };
  }, [a, b]);
  const common = { theme, copy: actions.copy };
  const whose = aboutTimed([a, b], 'compare');
  return (
    <>
      <VerdictView comparison={shown.comparison} />
      {whose !== '' && <p className="muted">{whose}</p>}
      {shown.vcpus.rows.length > 0 && <ChartSection chart={null} table={shown.vcpus} {...common} />}
      {shown.differs.rows.length > 0 && <ChartSection chart={null} table={shown.differs} {...common} />}
      <ChartSection chart={shown.chart} table={shown.stages} prices={shown.prices} {...common} />
      {shown.steps.rows.length > 0 && <ChartSection chart={null} table={shown.steps} {...common} />}
      {shown.sensitivities.rows.length > 0 && (
        <ChartSection chart={shown.tornado} table={shown.sensitivities} about={text.tornadoAbout} {...common} />
      )}
      {shown.breakEven.rows.length > 0 && (
        <ChartSection chart={null} table={shown.breakEven} about={text.breakEvenAbout} {...common} />
      )}
      {shown.onlyPaths.rows.length > 0 && <ChartSection chart={null} table={shown.onlyPaths} {...common} />}
    </>
  );
}
