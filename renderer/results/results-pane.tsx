import { useMemo } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { ChartSection } from '../charts/chart-section.tsx';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { percentilesChart, percentilesTable } from './distribution.ts';
import { aboutExits, exitsChart, exitsTable } from './exits.ts';
import { hasHostWork, hostChart, hostPrices, hostTable, hostWorksTable } from './host-work.ts';
import { PathsSection } from './paths-section.tsx';
import { phasesTable } from './phases.ts';
import { pricesOf } from './price-kinds.ts';
import type { PricedRun } from './priced-runs.ts';
import { ProfileSection } from './profile-section.tsx';
import { ResultNotes } from './result-notes.tsx';
import { statisticsTable } from './statistics.ts';
import { stagesChart, stagesTable } from './stages.ts';
import { aboutTimed, isTimed } from './timed.ts';
import { usePricedRuns } from './use-priced-runs.ts';
import { VcpusSection } from './vcpus-section.tsx';
import '../charts/charts.css';

const { tabs } = resultText;

/** What the configurations cost, each view a chart with its table. */
export function ResultsPane({ run, theme, actions }: ResultPaneProps) {
  const priced = usePricedRuns(run);
  const { runs } = priced;
  const hasPhases = runs.some(({ result }) => result.phases.length > 0);
  const hasHost = runs.some(hasHostWork);
  const hasVcpus = runs.some(isTimed);
  if (runs.length === 0) {
    return (
      <div className="result-body">
        <ResultNotes run={run} priced={priced} actions={actions} />
      </div>
    );
  }
  const shown = { runs, theme, actions };
  return (
    <div className="result-pane">
      <Tabs className="result-tabs">
        <TabList aria-label={tabs.label} className="result-tab-list">
          {(['stages', 'exits', 'distribution', 'paths', 'profile', 'statistics'] as const).map((id) => (
            <Tab key={id} id={id} className="result-tab">
              {tabs[id]}
            </Tab>
          ))}
          {hasVcpus && (
            <Tab id="vcpus" className="result-tab">
              {tabs.vcpus}
            </Tab>
          )}
          {hasPhases && (
            <Tab id="phases" className="result-tab">
              {tabs.phases}
            </Tab>
          )}
          {hasHost && (
            <Tab id="host" className="result-tab">
              {tabs.host}
            </Tab>
          )}
        </TabList>
        <TabPanel id="stages" className="result-body">
          <ResultNotes run={run} priced={priced} actions={actions} />
          <Stages {...shown} />
        </TabPanel>
        <TabPanel id="exits" className="result-body">
          <Exits {...shown} />
        </TabPanel>
        <TabPanel id="distribution" className="result-body">
          <Percentiles {...shown} />
        </TabPanel>
        <TabPanel id="paths" className="result-body">
          <PathsSection {...shown} />
        </TabPanel>
        <TabPanel id="profile" className="result-body">
          <ProfileSection run={run} {...shown} />
        </TabPanel>
        <TabPanel id="statistics" className="result-body">
          <Statistics {...shown} />
        </TabPanel>
        {hasVcpus && (
          <TabPanel id="vcpus" className="result-body">
            <VcpusSection {...shown} />
          </TabPanel>
        )}
        {hasPhases && (
          <TabPanel id="phases" className="result-body">
            <Phases {...shown} />
          </TabPanel>
        )}
        {hasHost && (
          <TabPanel id="host" className="result-body">
            <HostWork {...shown} />
          </TabPanel>
        )}
      </Tabs>
    </div>
  );
}

interface Props extends Pick<ResultPaneProps, 'theme' | 'actions'> {
  readonly runs: readonly PricedRun[];
}

function Stages({ runs, theme, actions }: Props) {
  const chart = useMemo(() => stagesChart(runs), [runs]);
  const table = useMemo(() => stagesTable(runs), [runs]);
  return (
    <ChartSection
      chart={chart}
      table={table}
      theme={theme}
      copy={actions.copy}
      about={aboutTimed(runs, 'cycles', resultText.stages.about)}
      prices={pricesOf(runs)}
    />
  );
}

function Exits({ runs, theme, actions }: Props) {
  const chart = useMemo(() => exitsChart(runs), [runs]);
  const table = useMemo(() => exitsTable(runs), [runs]);
  const none = chart.parts.length === 0;
  const about = none ? resultText.exits.none : aboutTimed(runs, 'counts', aboutExits(runs) ?? '');
  return (
    <ChartSection
      chart={none ? null : chart}
      table={table}
      theme={theme}
      copy={actions.copy}
      {...(about !== '' && { about })}
    />
  );
}

function Percentiles({ runs, theme, actions }: Props) {
  const chart = useMemo(() => percentilesChart(runs), [runs]);
  const table = useMemo(() => percentilesTable(runs), [runs]);
  return (
    <ChartSection
      chart={chart}
      table={table}
      theme={theme}
      copy={actions.copy}
      about={aboutTimed(runs, 'cycles', resultText.distribution.about)}
      prices={pricesOf(runs)}
    />
  );
}

function Statistics({ runs, theme, actions }: Props) {
  const table = useMemo(() => statisticsTable(runs), [runs]);
  return (
    <ChartSection
      chart={null}
      table={table}
      theme={theme}
      copy={actions.copy}
      about={aboutTimed(runs, 'counts', resultText.statistics.about)}
    />
  );
}

function Phases({ runs, theme, actions }: Props) {
  const table = useMemo(() => phasesTable(runs), [runs]);
  const about = aboutTimed(runs, 'phases');
  return (
    <ChartSection chart={null} table={table} theme={theme} copy={actions.copy} about={about} prices={pricesOf(runs)} />
  );
}

function HostWork({ runs, theme, actions }: Props) {
  const shown = useMemo(
    () => ({ chart: hostChart(runs), table: hostTable(runs), works: hostWorksTable(runs), prices: hostPrices(runs) }),
    [runs],
  );
  const common = { theme, copy: actions.copy, prices: shown.prices };
  return (
    <>
      <ChartSection
        chart={shown.chart}
        table={shown.table}
        about={aboutTimed(runs, 'host', resultText.host.about)}
        {...common}
      />
      <ChartSection chart={null} table={shown.works} {...common} />
    </>
  );
}
