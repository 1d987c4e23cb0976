import uPlot from 'uplot';
import { cycles } from '../charts/format.ts';
import { resultText } from '../text/results.ts';
import { INK, NEUTRAL, type Theme } from '../widgets/palette.ts';
import type { Buckets } from './buckets.ts';
import type { TimelineAxis } from './event-series.ts';
import type { ViewWindow } from './view-window.ts';
import 'uplot/dist/uPlot.min.css';

export interface PlotSize {
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly em: number;
}

/** The cost of accesses over the simulated clock: a band from the cheapest to the dearest of each column. */
export function newCostPlot(
  element: HTMLElement,
  theme: Theme,
  xAxis: TimelineAxis,
  { width, height, gutter, em }: PlotSize,
): uPlot {
  const ink = INK[theme];
  const font = `${em * 0.88}px sans-serif`;
  const axis = {
    stroke: ink.text,
    font,
    labelFont: font,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { stroke: ink.grid },
  };
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const line = { stroke: ink.accent, width: 1.25, paths: stepped, spanGaps: true, points: { show: false } };
  return new uPlot(
    {
      width,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 0, 0, 0],
      scales: { x: { time: false, auto: false }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
      axes: [
        {
          ...axis,
          values: ({ scales }, ticks) => {
            const { min = 0, max = 0 } = scales['x']!;
            const pixels = (tick: number): number => ((max! - tick) / (max! - min!)) * (width - gutter);
            // A number is as wide on both sides of its tick: one that the edge would cut is left out.
            return ticks.map((tick) => {
              const text = cycles(tick);
              return pixels(tick) < text.length * em * 0.27 ? '' : text;
            });
          },
          label: resultText.timeline.axes[xAxis],
          space: em * 7,
          labelGap: em * 0.3,
          labelSize: em * 1.7,
          size: em * 2,
        },
        {
          ...axis,
          values: (_, ticks) => ticks.map(cycles),
          label: resultText.timeline.cost,
          labelSize: em * 1.4,
          size: gutter - em * 1.4,
        },
      ],
      series: [{}, { ...line, label: 'high' }, { ...line, label: 'low' }],
      bands: [{ series: [1, 2], fill: `${NEUTRAL[theme]}aa` }],
    },
    [[], [], []],
    element,
  );
}

/** Shows a window. */
export function drawCosts(plot: uPlot, { x, low, high }: Buckets, view: ViewWindow): void {
  plot.batch(() => {
    plot.setData([x, high, low], false);
    plot.setScale('x', { min: view.from, max: view.to });
  });
}
