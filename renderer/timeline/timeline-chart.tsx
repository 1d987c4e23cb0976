import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type uPlot from 'uplot';
import { EVENT_ROWS } from '../../core/index.ts';
import { resultText } from '../text/results.ts';
import { INK, type Theme } from '../widgets/palette.ts';
import { bucketsOf } from './buckets.ts';
import { drawCosts, newCostPlot } from './cost-plot.ts';
import { eventAt, placesOn, type EventSeries, type TimelineAxis } from './event-series.ts';
import { drawLanes, lanesOf } from './lanes.ts';
import type { Places } from './rising-column.ts';
import { afterTimelineKey, moved, zoomed, type ViewWindow } from './view-window.ts';

const text = resultText.timeline;

interface Props {
  readonly series: EventSeries;
  /** Events that can be drawn. */
  readonly ready: number;
  readonly axis: TimelineAxis;
  readonly view: ViewWindow;
  readonly limits: ViewWindow;
  readonly onView: (view: ViewWindow) => void;
  /** The event that the table is at. */
  readonly selected: number;
  readonly onSelect: (event: number) => void;
  readonly theme: Theme;
}

/** Costs above, a lane for each kind of event below. Wheel and keys zoom and move; a click goes to the nearest event. */
export function TimelineChart({ series, ready, axis, view, limits, onView, selected, onSelect, theme }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [width, setWidth] = useState(0);
  const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const gutter = Math.round(em * 13);
  const lanes = lanesOf(series);
  const laneHeight = Math.round(em * 1.45);

  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watcher.observe(frame.current!);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    if (width === 0) return;
    plot.current = newCostPlot(host.current!, theme, axis, { width, height: Math.round(em * 13), gutter, em });
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [width, theme, axis, gutter, em]);

  useEffect(() => {
    const columns = Math.floor(width - gutter);
    if (columns <= 0) return;
    // One drawing a frame, however many events of the mouse there were.
    const handle = requestAnimationFrame(() => {
      const buckets = bucketsOf(series, axis, view, columns);
      if (plot.current !== null) drawCosts(plot.current, buckets, view);
      const ctx = sized(canvas.current!, width, Math.max(1, lanes.length) * laneHeight);
      drawLanes(ctx, buckets, { lanes, counts: series.counts, theme, gutter, height: laneHeight, em, step: 1 });
      const at = placesOn(series, axis).at(selected);
      if (at >= view.from && at <= view.to) {
        ctx.fillStyle = INK[theme].text;
        ctx.fillRect(
          gutter + ((at - view.from) / (view.to - view.from)) * columns - 1,
          0,
          2,
          lanes.length * laneHeight,
        );
      }
    });
    return () => cancelAnimationFrame(handle);
  }, [series, ready, axis, view, selected, theme, width, gutter, em, lanes.length, laneHeight]);

  const latest = useRef({ view, limits, onView });
  latest.current = { view, limits, onView };
  useEffect(() => {
    const element = frame.current!;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { view: now, limits: ends, onView: show } = latest.current;
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const next = sideways
        ? moved(now, (event.deltaX || event.deltaY) / 1000, ends)
        : zoomed(now, Math.exp(event.deltaY / 400), momentAt(element, event.clientX, gutter, now), ends);
      latest.current = { ...latest.current, view: next };
      show(next);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [gutter]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = afterTimelineKey(view, event.key, limits);
    if (next !== null) onView(next);
    else if (event.key === 'Enter') onSelect(Math.min(ready - 1, eventAt(placesOn(series, axis), view.from, ready)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const counts = lanes.map((kind) => text.summary(EVENT_ROWS[kind]![0], series.counts[kind]!)).join(', ');
  return (
    <div
      className="timeline-chart"
      ref={frame}
      tabIndex={0}
      role="group"
      aria-label={text.label}
      aria-description={text.keys}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const at = momentAt(frame.current!, event.clientX, gutter, view);
        onSelect(nearest(placesOn(series, axis), at, ready));
      }}
    >
      <div ref={host} aria-hidden="true" />
      <canvas ref={canvas} role="img" aria-label={counts} />
    </div>
  );
}

/** The place of the axis below a pixel. */
function momentAt(element: HTMLElement, clientX: number, gutter: number, { from, to }: ViewWindow): number {
  const { left, width } = element.getBoundingClientRect();
  const share = (clientX - left - gutter) / Math.max(1, width - gutter);
  return from + Math.min(1, Math.max(0, share)) * (to - from);
}

function nearest(places: Places, moment: number, count: number): number {
  const after = Math.min(count - 1, eventAt(places, moment, count));
  const before = Math.max(0, after - 1);
  return Math.abs(places.at(before) - moment) < Math.abs(places.at(after) - moment) ? before : after;
}

/** An empty canvas of so many CSS pixels, sharp on every screen. */
function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = window.devicePixelRatio;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}
