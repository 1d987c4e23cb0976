import { useCallback, useEffect, useLayoutEffect, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';

/** Rows drawn above and below those in sight; their number changes in steps of as many, not at every pixel. */
const BEYOND = 8;

/** Rows from one number to another (not with it). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The rows to draw where `top` pixels were scrolled and `height` pixels of rows are in sight. All rows are equally high. */
export function rowsInSight(top: number, height: number, rowHeight: number): RowRange {
  const step = (row: number): number => Math.floor(row / BEYOND) * BEYOND;
  const from = step(Math.max(0, top) / rowHeight) - BEYOND;
  return { from: Math.max(0, from), to: step((Math.max(0, top) + Math.max(0, height)) / rowHeight) + 2 * BEYOND };
}

/** Where to scroll so that a row is in sight, moving as little as possible. */
export function scrolledTo(row: number, top: number, height: number, rowHeight: number): number {
  const place = row * rowHeight;
  if (place < top) return place;
  return place + rowHeight > top + height ? place + rowHeight - height : top;
}

export interface RowsInSight extends RowRange {
  /** Scrolls as little as needed to have a row in sight. */
  readonly show: (row: number) => void;
}

/** Follows which rows of a scrolled element are in sight. `heading`: pixels that stay on top of them. */
export function useRowsInSight(
  scroller: RefObject<HTMLElement | null>,
  rowHeight: number,
  heading: number,
): RowsInSight {
  const [range, setRange] = useState<RowRange>({ from: 0, to: 0 });
  const look = useCallback((): void => {
    const { scrollTop, clientHeight } = scroller.current!;
    const next = rowsInSight(scrollTop, clientHeight - heading, rowHeight);
    setRange((now) => (now.from === next.from && now.to === next.to ? now : next));
  }, [scroller, rowHeight, heading]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    const element = scroller.current!;
    // In the frame that scrolls, or it would show no rows.
    const onScroll = (): void => flushSync(look);
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      watcher.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [scroller, look]);
  const show = useCallback(
    (row: number): void => {
      const element = scroller.current!;
      const { scrollTop, clientHeight } = element;
      const next = scrolledTo(row, scrollTop, clientHeight - heading, rowHeight);
      if (next === scrollTop) return;
      element.scrollTop = next;
      look();
    },
    [scroller, look, rowHeight, heading],
  );
  return { ...range, show };
}
