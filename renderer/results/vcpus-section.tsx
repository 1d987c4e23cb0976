import { useMemo, useState } from 'react';
import { ChartSection } from '../charts/chart-section.tsx';
import { Choice } from '../charts/choice.tsx';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { kindsOf, pricesLine, pricesOf } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';
import { isRepriced } from './timed.ts';
import {
  busyText,
  runsChart,
  runsTable,
  schedulingTable,
  timedRuns,
  vcpusChart,
  vcpusTable,
  waitsTable,
} from './vcpus.ts';

const text = resultText.vcpus;

interface Props extends Pick<ResultPaneProps, 'theme' | 'actions'> {
  readonly runs: readonly PricedRun[];
}

/** Where the time of vCPUs went that ran at the same time: all of each configuration, and one by one of a chosen one. */
export function VcpusSection({ runs: all, theme, actions }: Props) {
  const runs = useMemo(() => timedRuns(all), [all]);
  const [chosen, setChosen] = useState<number | null>(null);
  const run = runs.find(({ index }) => index === chosen) ?? runs[0]!;
  const together = useMemo(() => ({ chart: runsChart(runs), table: runsTable(runs) }), [runs]);
  const one = useMemo(
    () => ({
      chart: vcpusChart(run),
      table: vcpusTable(run),
      waits: waitsTable(run),
      scheduling: schedulingTable(run),
      prices: pricesLine([kindsOf(run.result.paths, run.model)]),
    }),
    [run],
  );
  const common = { theme, copy: actions.copy };
  const about = runs.some(isRepriced) ? `${text.about} ${text.repriced}` : text.about;
  return (
    <>
      <ChartSection {...together} prices={pricesOf(runs)} about={about} {...common} />
      <ChartSection chart={one.chart} table={one.table} prices={one.prices} about={text.aboutOne} {...common}>
        <Choice
          label={resultText.paths.choose}
          options={runs.map(({ index, name }) => ({ value: `${index}`, text: name }))}
          value={`${run.index}`}
          onChange={(value) => setChosen(Number(value))}
        />
      </ChartSection>
      {one.waits.rows.length > 0 && <ChartSection chart={null} table={one.waits} about={text.aboutWaits} {...common} />}
      {one.scheduling !== null && (
        <ChartSection chart={null} table={one.scheduling} about={busyText(run)} {...common} />
      )}
    </>
  );
}
