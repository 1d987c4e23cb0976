import { memo, useEffect, useId, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { Swatch } from '../charts/data-table.tsx';
import { afterKey } from '../charts/grid-keys.ts';
import { resultText } from '../text/results.ts';
import { eventPaint, type Theme } from '../widgets/palette.ts';
import type { ArgumentPage, EventArguments } from './event-arguments.ts';
import { EVENT_COLUMNS, eventName, eventRow, type EventSource } from './event-rows.ts';
import { useRowsInSight } from './rows-in-sight.ts';

/** The tallest element that browsers lay out, in pixels. */
const TALLEST = 30_000_000;

interface Props {
  readonly source: EventSource;
  readonly args: EventArguments;
  /** Events read so far. */
  readonly ready: number;
  readonly selected: number;
  readonly onSelect: (event: number) => void;
  /** Enter or a double click on an event. */
  readonly onOpen: (event: number) => void;
  readonly theme: Theme;
}

/** Every event in a table of which only the rows in sight exist, and the selected one, which screen readers must find wherever it is. */
export function EventTable({ source, args, ready, selected, onSelect, onOpen, theme }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const act = useRef({ onSelect, onOpen });
  act.current = { onSelect, onOpen };
  const { total } = source.columns;
  const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const rowHeight = Math.min(Math.round(em * 1.85), TALLEST / Math.max(1, total));
  const heading = Math.round(em * 1.85);
  const sight = useRowsInSight(scroller, rowHeight, heading);
  const [from, to] = [Math.min(sight.from, ready), Math.min(sight.to, ready)];
  useSyncExternalStore(args.listen, () => args.version);
  useEffect(() => args.want(from, to, selected), [args, from, to, selected]);
  const { show } = sight;
  // Only a new choice scrolls; rows that come in do not.
  useLayoutEffect(() => show(selected), [selected, show]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    if (event.key === 'Enter') onOpen(selected);
    else {
      // Rows are what is walked: Home and End go to the ends without Control.
      const ends = event.ctrlKey || event.key === 'Home' || event.key === 'End';
      const next = afterKey({ row: selected, column: 0 }, event.key, ends, ready, 1);
      if (next === null) return;
      onSelect(next.row);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const drawn = Array.from({ length: to - from }, (_, n) => from + n);
  if (selected < from) drawn.unshift(selected);
  else if (selected >= to && selected < ready) drawn.push(selected);
  return (
    <div
      className="event-table"
      role="grid"
      aria-label={resultText.timeline.table}
      aria-rowcount={total + 1}
      aria-colcount={EVENT_COLUMNS.length}
      aria-activedescendant={ready > 0 ? `${id}-${selected}` : undefined}
      tabIndex={0}
      ref={scroller}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="event-row event-heading" style={{ height: heading }}>
        {EVENT_COLUMNS.map(({ title, align }) => (
          <span key={title} role="columnheader" className={align}>
            {title}
          </span>
        ))}
      </div>
      <div role="presentation" style={{ height: ready * rowHeight, position: 'relative' }}>
        {drawn.map((event) => (
          <EventLine
            key={event}
            id={`${id}-${event}`}
            event={event}
            top={event * rowHeight}
            height={rowHeight}
            selected={event === selected}
            page={args.pageWith(event)}
            columns={source.columns}
            dropped={source.dropped}
            vendor={source.vendor}
            theme={theme}
            act={act}
          />
        ))}
      </div>
    </div>
  );
}

interface LineProps extends EventSource, Pick<Props, 'theme'> {
  readonly id: string;
  readonly event: number;
  readonly page: ArgumentPage | null;
  readonly top: number;
  readonly height: number;
  readonly selected: boolean;
  readonly act: RefObject<Pick<Props, 'onSelect' | 'onOpen'>>;
}

/** One event. Scrolling moves lines in and out; those that stay are not drawn again. */
const EventLine = memo(function EventLine(line: LineProps) {
  const { id, event, page, top, height, selected, columns, theme, act } = line;
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={event + 2}
      aria-selected={selected}
      className="event-row"
      style={{ position: 'absolute', top, height }}
      onClick={() => act.current.onSelect(event)}
      onDoubleClick={() => act.current.onOpen(event)}
    >
      {eventRow(line, event, page).cells.map(({ text }, c) => (
        <span key={c} role="gridcell" className={EVENT_COLUMNS[c]!.align} title={text}>
          {c === EVENT_COLUMNS.length - 1 && <Swatch colour={eventPaint(eventName(columns, event))[theme]} />}
          {text}
        </span>
      ))}
    </div>
  );
});
