import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useId, useRef, type KeyboardEvent, type RefObject } from 'react';
import { Swatch } from '../charts/data-table.tsx';
import { afterKey } from '../charts/grid-keys.ts';
import { resultText } from '../text/results.ts';
import { eventPaint, type Theme } from '../widgets/palette.ts';
import type { EventColumns } from './event-columns.ts';
import { EVENT_COLUMNS, eventName, eventRow } from './event-rows.ts';

/** The tallest element that browsers lay out, in pixels. */
const TALLEST = 30_000_000;

interface Props {
  readonly columns: EventColumns;
  /** Events read so far. */
  readonly ready: number;
  readonly dropped: number;
  readonly vendor: 'intel' | 'amd';
  readonly selected: number;
  readonly onSelect: (event: number) => void;
  /** Enter or a double click on an event. */
  readonly onOpen: (event: number) => void;
  readonly theme: Theme;
}

/** Every event in a table of which only the rows in sight exist. */
export function EventTable({ columns, ready, dropped, vendor, selected, onSelect, onOpen, theme }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const act = useRef({ onSelect, onOpen });
  act.current = { onSelect, onOpen };
  const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const rowHeight = Math.min(Math.round(em * 1.85), TALLEST / Math.max(1, columns.total));
  const heading = Math.round(em * 1.85);
  const rows = useVirtualizer({
    count: ready,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    // The heading stays on top of the rows.
    scrollMargin: heading,
    scrollPaddingStart: heading,
  });
  useEffect(() => {
    if (ready > 0) rows.scrollToIndex(selected, { align: 'auto' });
    // Only a new choice scrolls; rows that come in do not.
  }, [selected]);
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
  return (
    <div
      className="event-table"
      role="grid"
      aria-label={resultText.timeline.table}
      aria-rowcount={columns.total + 1}
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
      <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <EventLine
            key={index}
            id={`${id}-${index}`}
            top={start - heading}
            height={rowHeight}
            selected={index === selected}
            {...{ columns, index, dropped, vendor, theme }}
            act={act}
          />
        ))}
      </div>
    </div>
  );
}

interface LineProps extends Pick<Props, 'columns' | 'dropped' | 'vendor' | 'theme'> {
  readonly id: string;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly selected: boolean;
  readonly act: RefObject<Pick<Props, 'onSelect' | 'onOpen'>>;
}

/** One event. Scrolling moves lines in and out; those that stay are not drawn again. */
const EventLine = memo(function EventLine(line: LineProps) {
  const { id, columns, index, top, height, selected, dropped, vendor, theme, act } = line;
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      className="event-row"
      style={{ position: 'absolute', top: 0, height, transform: `translateY(${top}px)` }}
      onClick={() => act.current.onSelect(index)}
      onDoubleClick={() => act.current.onOpen(index)}
    >
      {eventRow(columns, index, dropped, vendor).cells.map(({ text }, c) => (
        <span key={c} role="gridcell" className={EVENT_COLUMNS[c]!.align} title={text}>
          {c === EVENT_COLUMNS.length - 1 && <Swatch colour={eventPaint(eventName(columns, index))[theme]} />}
          {text}
        </span>
      ))}
    </div>
  );
});
