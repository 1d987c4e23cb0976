import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useState, type RefObject } from 'react';

/** Rows that are all drawn: find-in-page and screen readers have them at once. Of longer tables only the rows in sight exist. */
const DRAWN_WHOLE = 200;

/** What stands in a table's body: a row, or the room of rows that are not drawn. */
export type Part = { readonly row: number } | { readonly row: null; readonly height: number; readonly before: number };

export interface DrawnRows {
  readonly parts: readonly Part[];
  /** True when only some rows are drawn. */
  readonly some: boolean;
  /** Learns the height of a row that was drawn. */
  readonly measure: (element: HTMLTableRowElement | null) => void;
  /** Scrolls a row into sight, of its table and of the pane that the table is in. */
  readonly reveal: (row: number) => void;
}

/** Chooses the rows of a table to draw. `focused` is always among them: it holds the place that Tab goes to. */
export function useDrawnRows(
  count: number,
  focused: number,
  scroller: RefObject<HTMLElement | null>,
  table: RefObject<HTMLTableElement | null>,
): DrawnRows {
  const some = count > DRAWN_WHOLE;
  const [heading, setHeading] = useState(0);
  useLayoutEffect(() => setHeading(table.current?.tHead?.offsetHeight ?? 0), [table, count]);
  const rows = useVirtualizer<HTMLElement, HTMLTableRowElement>({
    count: some ? count : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => 26,
    overscan: 12,
    // The heading stays on top of the rows.
    scrollMargin: heading,
    scrollPaddingStart: heading,
    rangeExtractor: (range) => withRow(defaultRangeExtractor(range), focused, count),
  });
  const reveal = (row: number): void => {
    const body = table.current?.tBodies[0];
    if (some) rows.scrollToIndex(row, { align: 'auto' });
    else scrollTo(scroller.current, body?.rows[row], heading);
    // Once it is drawn.
    requestAnimationFrame(() => {
      const element = some ? body?.querySelector(`[data-index="${row}"]`) : body?.rows[row];
      if (scroller.current !== null && element) scrollPane(scroller.current, element);
    });
  };
  if (!some) return { parts: Array.from({ length: count }, (_, row) => ({ row })), some, measure: () => {}, reveal };
  const parts: Part[] = [];
  let at = heading;
  for (const { index, start, end } of rows.getVirtualItems()) {
    if (start > at) parts.push({ row: null, height: start - at, before: index });
    parts.push({ row: index });
    at = end;
  }
  const end = rows.getTotalSize() + heading;
  if (end > at) parts.push({ row: null, height: end - at, before: count });
  return { parts, some, measure: rows.measureElement, reveal };
}

/** Rows to draw with one more, in order. */
export const withRow = (rows: readonly number[], row: number, count: number): number[] =>
  row < 0 || row >= count || rows.includes(row) ? [...rows] : [...rows, row].sort((a, b) => a - b);

function scrollTo(scroller: HTMLElement | null, row: HTMLTableRowElement | undefined, heading: number): void {
  if (scroller === null || row === undefined) return;
  const top = row.offsetTop - heading;
  const bottom = row.offsetTop + row.offsetHeight - scroller.clientHeight;
  if (scroller.scrollTop > top) scroller.scrollTop = top;
  else if (scroller.scrollTop < bottom) scroller.scrollTop = bottom;
}

/** Scrolls the pane that a table is in by what is missing for a row to be in sight; what sticks to its top is the table's scroll margin. */
function scrollPane(scroller: HTMLElement, row: Element): void {
  const pane = scroller.closest('.result-body');
  if (pane === null) return;
  const [place, at] = [pane.getBoundingClientRect(), row.getBoundingClientRect()];
  const top = place.top + Number.parseFloat(getComputedStyle(scroller).scrollMarginTop);
  if (at.top < top) pane.scrollTop -= top - at.top;
  else if (at.bottom > place.bottom) pane.scrollTop += Math.min(at.bottom - place.bottom, at.top - top);
}
