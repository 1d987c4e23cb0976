import { useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import { Choice } from '../charts/choice.tsx';
import { toMarkdown, toTsv, type TableSpec } from '../charts/table.ts';
import type { PricedRun } from '../results/priced-runs.ts';
import { aboutTimed, ownClock } from '../results/timed.ts';
import { usePricedRuns } from '../results/use-priced-runs.ts';
import { useOffers } from '../state/offers.ts';
import type { ResultPaneProps } from '../state/result-pane.ts';
import { resultText } from '../text/results.ts';
import { EventArguments, PAGE, pageOf } from './event-arguments.ts';
import { eventsTable } from './event-rows.ts';
import { eventAt, placesOn, type TimelineAxis } from './event-series.ts';
import { EventTable } from './event-table.tsx';
import { TimelineChart } from './timeline-chart.tsx';
import { useEvents } from './use-events.ts';
import { zoomed, type ViewWindow } from './view-window.ts';
import '../charts/charts.css';
import './timeline.css';

const text = resultText.timeline;
/** Events that one copy takes. */
const MOST_COPIED = 20_000;

/** The events of one configuration over the simulated clock, and in a table. */
export function TimelinePane({ run, theme, actions }: ResultPaneProps) {
  const { runs } = usePricedRuns(run);
  const [chosen, setChosen] = useState<number | null>(null);
  const shown = runs.find(({ index }) => index === chosen) ?? runs.find(({ outcome }) => outcome.events !== null);
  if (shown === undefined) return <p className="pane-note">{text.none}</p>;
  const tools = (
    <Choice
      label={text.choose}
      options={runs.map(({ index, name }) => ({ value: `${index}`, text: name }))}
      value={`${shown.index}`}
      onChange={(value) => setChosen(Number(value))}
    />
  );
  return <Timeline key={`${run.runId} ${shown.index}`} owner={run.runId} {...{ shown, theme, actions, tools }} />;
}

interface Props extends Pick<ResultPaneProps, 'theme' | 'actions'> {
  readonly owner: string;
  readonly shown: PricedRun;
  readonly tools: React.ReactNode;
}

function Timeline({ owner, shown, theme, actions, tools }: Props) {
  const kept = shown.outcome.events;
  const total = kept?.count ?? 0;
  const { series, ready, problem } = useEvents(owner, shown.index, total, actions.readEvents);
  const [chosen, setChosen] = useState<ViewWindow | null>(null);
  const [selected, setSelected] = useState(0);
  const [axis, setAxis] = useState<TimelineAxis>('events');
  const { readArguments, announce } = actions;
  const args = useMemo(() => {
    const read = (from: number, count: number) => readArguments({ runId: owner, index: shown.index, from, count });
    return new EventArguments(total, read, announce);
  }, [owner, shown.index, total, readArguments, announce]);
  // Those of the first rows come while the rest is read.
  useEffect(() => args.want(0, PAGE, 0), [args]);
  const clock = series?.columns.cycles;
  const first = clock?.at(0) ?? 0;
  // The end of the run is known before its last event is read, so that the window does not grow.
  const end = Math.max(first + 1, ownClock(shown), clock?.at(Math.max(0, ready - 1)) ?? 0);
  const limits = axis === 'clock' ? { from: first, to: end } : { from: 0, to: Math.max(1, total - 1) };
  const view = chosen ?? limits;
  useEffect(() => setSelected(0), [owner]);
  const vendor = shown.model.vendor;
  const whose = aboutTimed([shown], 'timeline');
  const dropped = kept?.dropped ?? 0;
  const open = (event: number): void =>
    actions.inspect({ index: shown.index, access: series?.columns.access.at(event) ?? 1 });
  const middle = (view.from + view.to) / 2;
  const zoom = (factor: number) => (): void => setChosen(zoomed(view, factor, middle, limits));
  useOffers({
    'timeline.zoomIn': series === null ? null : zoom(0.5),
    'timeline.zoomOut': series === null ? null : zoom(2),
    'timeline.all': series === null ? null : () => setChosen(null),
  });
  const source = series === null ? null : { columns: series.columns, dropped, vendor };
  const copy = async (format: (table: TableSpec) => string): Promise<void> => {
    const places = placesOn(series!, axis);
    const from = eventAt(places, view.from, ready);
    const count = Math.min(eventAt(places, view.to + 1, ready) - from, MOST_COPIED);
    const page = pageOf(await readArguments({ runId: owner, index: shown.index, from, count }));
    await actions.copy(format(eventsTable(source!, page)), resultText.table);
  };
  const onCopy = (format: (table: TableSpec) => string) => (): void => {
    copy(format).catch((error: unknown) => announce(error instanceof Error ? error.message : String(error)));
  };
  return (
    <div className="result-pane">
      <div className="result-tools">
        {tools}
        <span className="muted">{kept === null ? text.none : text.events(total, dropped)}</span>
        {series !== null && series.columns.loaded < total && (
          <span className="muted">{text.loading(series.columns.loaded, total)}</span>
        )}
        {series !== null && (
          <>
            <Choice
              label={text.axis}
              options={(['events', 'clock'] as const).map((value) => ({ value, text: text.axes[value] }))}
              value={axis}
              onChange={(value) => {
                setAxis(value === 'clock' ? 'clock' : 'events');
                setChosen(null);
              }}
            />
            <Button className="button" onPress={zoom(0.5)}>
              {text.zoomIn}
            </Button>
            <Button className="button" onPress={zoom(2)}>
              {text.zoomOut}
            </Button>
            <Button className="button" onPress={() => setChosen(null)}>
              {text.all}
            </Button>
            <Button className="button" onPress={() => open(selected)}>
              {text.inspect}
            </Button>
            <Button className="button" onPress={onCopy(toTsv)}>
              {resultText.copyTsv}
            </Button>
            <Button className="button" onPress={onCopy(toMarkdown)}>
              {resultText.copyMarkdown}
            </Button>
          </>
        )}
      </div>
      {problem !== null && (
        <p className="pane-note" role="alert">
          {problem}
        </p>
      )}
      {series !== null && (
        <div className="timeline-body">
          <div className="timeline-scroll">
            {whose !== '' && <p className="muted">{whose}</p>}
            <TimelineChart
              series={series}
              ready={ready}
              axis={axis}
              view={view}
              limits={limits}
              onView={setChosen}
              selected={selected}
              onSelect={setSelected}
              theme={theme}
            />
          </div>
          <EventTable
            source={source!}
            args={args}
            ready={ready}
            selected={Math.min(selected, Math.max(0, ready - 1))}
            onSelect={setSelected}
            onOpen={open}
            theme={theme}
          />
        </div>
      )}
    </div>
  );
}
