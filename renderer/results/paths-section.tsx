import { useMemo, useState } from 'react';
import { ChartSection } from '../charts/chart-section.tsx';
import { Choice } from '../charts/choice.tsx';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { stairsChart } from './distribution.ts';
import { pathsTable } from './paths.ts';
import { pricesOf } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';
import { aboutTimed } from './timed.ts';

interface Props extends Pick<ResultPaneProps, 'theme' | 'actions'> {
  readonly runs: readonly PricedRun[];
}

/** The paths of one configuration: how the cost is spread, and every path with its count. */
export function PathsSection({ runs, theme, actions }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const run = runs.find(({ index }) => index === chosen) ?? runs[0]!;
  const chart = useMemo(() => stairsChart(run), [run]);
  const table = useMemo(() => pathsTable(run), [run]);
  return (
    <ChartSection
      chart={chart}
      table={table}
      theme={theme}
      copy={actions.copy}
      about={aboutTimed([run], 'paths', resultText.paths.host)}
      prices={pricesOf([run])}
      onAction={(key) => actions.inspect({ index: run.index, access: run.outcome.firsts[Number(key)] ?? 1 })}
    >
      <Choice
        label={resultText.paths.choose}
        options={runs.map(({ index, name }) => ({ value: `${index}`, text: name }))}
        value={`${run.index}`}
        onChange={(value) => setChosen(Number(value))}
      />
    </ChartSection>
  );
}
