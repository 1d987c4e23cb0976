import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
  type ChartConfiguration,
  type Plugin,
  type Scale,
} from 'chart.js';
import { INK, NEUTRAL, type Theme } from '../widgets/palette.ts';
import type { BarsSpec, ChartSpec, MarksSpec, StairsSpec, WaterfallSpec } from './chart.ts';
import { cycles } from './format.ts';
import { nameLines } from './name-lines.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
);

export { Chart };

/** Height that a chart needs, in rem. */
export function heightOf(spec: ChartSpec): number {
  if (spec.kind === 'stairs') return 17;
  const bars = spec.kind === 'waterfall' ? spec.bars.length : spec.labels.length;
  return Math.min(60, 7.5 + bars * (spec.kind === 'marks' ? 2.2 : 2.5));
}

/** A spec as Chart.js takes it. `em`: pixels of one rem. */
export function chartConfiguration(spec: ChartSpec, theme: Theme, em: number): ChartConfiguration {
  switch (spec.kind) {
    case 'bars':
      return bars(spec, theme, em);
    case 'waterfall':
      return waterfall(spec, theme, em);
    case 'marks':
      return marks(spec, theme, em);
    case 'stairs':
      return stairs(spec, theme, em);
  }
}

const axis = (theme: Theme, em: number, title: string | null) => ({
  title: { display: title !== null, text: title ?? '', color: INK[theme].text, font: { size: em * 0.92 } },
  ticks: { color: INK[theme].text, font: { size: em * 0.92 } },
  grid: { color: INK[theme].grid },
  border: { color: INK[theme].muted },
});

/** An axis of amounts. */
const amounts = (theme: Theme, em: number, title: string, whole = false) => {
  const plain = axis(theme, em, title);
  const callback = (v: string | number): string => cycles(Number(v));
  return {
    ...plain,
    beginAtZero: true,
    ticks: { ...plain.ticks, callback, ...(whole ? { precision: 0 } : {}) },
  };
};

/** Most of a chart's width that names may take, and about how wide a character of them is, in rem. */
const NAMES_SHARE = 0.45;
const CHARACTER = 0.48;

/** An axis of names, none left out; long ones in two lines. The tooltip and the table have them whole. */
const names = (theme: Theme, em: number) => {
  const plain = axis(theme, em, null);
  function callback(this: Scale, value: string | number): string[] {
    const room = Math.max(8, Math.floor((this.chart.width * NAMES_SHARE) / (em * CHARACTER)));
    return nameLines(this.getLabelForValue(Number(value)), room);
  }
  return { ...plain, stacked: true, ticks: { ...plain.ticks, autoSkip: false, callback }, grid: { display: false } };
};

const legend = (theme: Theme, em: number) => ({
  position: 'top' as const,
  align: 'start' as const,
  labels: { color: INK[theme].text, boxWidth: em, boxHeight: em * 0.8, font: { size: em * 0.92 } },
});

const common = { responsive: true, maintainAspectRatio: false, animation: false as const };

/** Stripes of a colour on the ground of the chart. */
function hatch(colour: string, ground: string, em: number): CanvasPattern | string {
  const size = Math.max(4, Math.round(em * 0.5));
  const tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const context = tile.getContext('2d');
  if (context === null) return colour;
  context.fillStyle = ground;
  context.fillRect(0, 0, size, size);
  context.strokeStyle = colour;
  context.lineWidth = size * 0.45;
  // One stripe through the tile and the corners of its neighbours.
  for (const shift of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
    context.stroke();
  }
  return context.createPattern(tile, 'repeat') ?? colour;
}

function bars(spec: BarsSpec, theme: Theme, em: number): ChartConfiguration<'bar'> {
  return {
    type: 'bar',
    data: {
      labels: [...spec.labels],
      datasets: spec.parts.map(({ name, paint, values }) => ({
        label: name,
        data: [...values],
        backgroundColor: paint.hatched === true ? hatch(paint[theme], INK[theme].ground, em) : paint[theme],
        borderColor: INK[theme].ground,
        borderWidth: { left: 0, right: 1, top: 0, bottom: 0 },
        borderSkipped: false as const,
        maxBarThickness: em * 1.8,
      })),
    },
    options: {
      ...common,
      indexAxis: 'y',
      scales: {
        x: {
          ...amounts(theme, em, spec.unit, spec.whole),
          stacked: true,
          suggestedMax: Math.max(0, ...(spec.whiskers ?? []).map(({ high }) => high)),
        },
        y: names(theme, em),
      },
      plugins: {
        legend: legend(theme, em),
        tooltip: {
          callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${cycles(Number(raw))} ${spec.unit}` },
        },
      },
    },
    plugins: spec.whiskers === null ? [] : [whiskers(spec.whiskers, theme)],
  };
}

function waterfall(spec: WaterfallSpec, theme: Theme, em: number): ChartConfiguration<'bar'> {
  return {
    type: 'bar',
    data: {
      labels: spec.bars.map(({ name }) => name),
      datasets: [
        {
          data: spec.bars.map(({ from, to }): [number, number] => [from, to]),
          backgroundColor: spec.bars.map(({ paint }) => paint[theme]),
          borderColor: INK[theme].muted,
          borderWidth: 1,
          borderSkipped: false,
          maxBarThickness: em * 1.8,
        },
      ],
    },
    options: {
      ...common,
      indexAxis: 'y',
      layout: { padding: { right: em * 6 } },
      scales: { x: amounts(theme, em, spec.unit), y: names(theme, em) },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { label: ({ dataIndex }) => spec.bars[dataIndex]?.text ?? '' } },
      },
    },
    plugins: [barTexts(spec, theme, em)],
  };
}

function marks(spec: MarksSpec, theme: Theme, em: number): ChartConfiguration<'line'> {
  return {
    type: 'line',
    data: {
      labels: [...spec.labels],
      datasets: spec.marks.map(({ name, shape, values }, n) => ({
        label: name,
        data: [...values],
        showLine: false,
        pointStyle: shape,
        // The first one lies on top and is the smallest, so that equal ones show around it.
        pointRadius: em * (0.3 + Math.min(n, 2) * 0.2),
        pointBorderWidth: 2,
        pointBorderColor: INK[theme].text,
        pointBackgroundColor: n === 0 ? INK[theme].accent : 'transparent',
      })),
    },
    options: {
      ...common,
      indexAxis: 'y',
      scales: {
        x: amounts(theme, em, spec.unit),
        y: { ...names(theme, em), stacked: false, offset: true, grid: { color: INK[theme].grid } },
      },
      plugins: {
        legend: { ...legend(theme, em), labels: { ...legend(theme, em).labels, usePointStyle: true } },
        tooltip: {
          callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${cycles(Number(raw))} ${spec.unit}` },
        },
      },
    },
  };
}

function stairs(spec: StairsSpec, theme: Theme, em: number): ChartConfiguration<'scatter'> {
  return {
    type: 'scatter',
    data: {
      datasets: [
        {
          data: spec.points.map(({ x, y }) => ({ x, y: y * 100 })),
          showLine: true,
          stepped: 'before',
          clip: false,
          borderColor: INK[theme].accent,
          backgroundColor: NEUTRAL[theme],
          borderWidth: 2,
          pointRadius: spec.points.length > 60 ? 0 : em * 0.25,
        },
      ],
    },
    options: {
      ...common,
      scales: {
        x: amounts(theme, em, spec.unit),
        y: {
          ...axis(theme, em, spec.side),
          min: 0,
          max: 100,
          ticks: { ...axis(theme, em, null).ticks, callback: (v) => `${v}\u00a0%` },
        },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          callbacks: {
            label: ({ parsed }) => `${(parsed.y ?? 0).toFixed(2)} % at or below ${cycles(parsed.x ?? 0)} ${spec.unit}`,
          },
        },
      },
    },
  };
}

/** Bounds of each stack as a line with two ends. */
function whiskers(bounds: NonNullable<BarsSpec['whiskers']>, theme: Theme): Plugin<'bar'> {
  return {
    id: 'whiskers',
    afterDatasetsDraw(chart) {
      const { ctx, scales } = chart;
      const [x, y] = [scales['x']!, scales['y']!];
      ctx.save();
      ctx.lineWidth = 1.5;
      bounds.forEach(({ low, high }, n) => {
        if (high === low) return;
        const at = y.getPixelForValue(n);
        const [left, right] = [x.getPixelForValue(low), x.getPixelForValue(high)];
        const path = new Path2D(`M${left} ${at - 5}V${at + 5}M${left} ${at}H${right}M${right} ${at - 5}V${at + 5}`);
        // A pale edge keeps the line visible on a dark part of the stack.
        ctx.strokeStyle = INK[theme].ground;
        ctx.lineWidth = 4;
        ctx.stroke(path);
        ctx.strokeStyle = INK[theme].text;
        ctx.lineWidth = 1.5;
        ctx.stroke(path);
      });
      ctx.restore();
    },
  };
}

/** What each bar comes to, to the right of it. */
function barTexts(spec: WaterfallSpec, theme: Theme, em: number): Plugin<'bar'> {
  return {
    id: 'barTexts',
    afterDatasetsDraw({ ctx, scales }) {
      ctx.save();
      ctx.fillStyle = INK[theme].text;
      ctx.font = `${em * 0.92}px sans-serif`;
      ctx.textBaseline = 'middle';
      spec.bars.forEach(({ from, to, text }, n) => {
        ctx.fillText(text, scales['x']!.getPixelForValue(Math.max(from, to)) + 6, scales['y']!.getPixelForValue(n));
      });
      ctx.restore();
    },
  };
}
