import { useEffect, useRef } from 'react';
import type { Theme } from '../widgets/palette.ts';
import { Chart, chartConfiguration, heightOf } from './chart-js.ts';
import type { ChartSpec } from './chart.ts';

/** Draws a spec. The picture has a description; its numbers stand in the table beside it. */
export function ChartCanvas({ spec, theme }: { readonly spec: ChartSpec; readonly theme: Theme }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const em = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const chart = new Chart(canvas.current!, chartConfiguration(spec, theme, em));
    return () => chart.destroy();
  }, [spec, theme]);
  return (
    <div className="chart-frame" style={{ height: `${heightOf(spec)}rem` }}>
      <canvas ref={canvas} role="img" aria-label={`${spec.title}. ${spec.description}`} />
    </div>
  );
}
