import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type KeyboardEvent } from 'react';
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
  const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const rowHeight = Math.min(Math.round(em * 1.85), TALLEST / Math.max(1, columns.total));
  const rows = useVirtualizer({
    count: ready,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
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
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className="event-row event-heading">
        {EVENT_COLUMNS.map(({ title, align }) => (
          <span key={title} role="columnheader" className={align}>
            {title}
          </span>
        ))}
      </div>
      <div className="event-scroll" role="presentation" ref={scroller}>
        <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            <div
              key={index}
              id={`${id}-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={index === selected}
              className="event-row"
              style={{ position: 'absolute', top: 0, height: rowHeight, transform: `translateY(${start}px)` }}
              onClick={() => onSelect(index)}
              onDoubleClick={() => onOpen(index)}
            >
              {eventRow(columns, index, dropped, vendor).cells.map(({ text }, c) => (
                <span key={c} role="gridcell" className={EVENT_COLUMNS[c]!.align} title={text}>
                  {c === EVENT_COLUMNS.length - 1 && <Swatch colour={eventPaint(eventName(columns, index))[theme]} />}
                  {text}
                </span>
              ))}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
