import type { ReactNode } from 'react';
import type { Theme } from '../widgets/palette.ts';
import { ChartCanvas } from './chart-canvas.tsx';
import type { ChartSpec } from './chart.ts';
import { DataTable } from './data-table.tsx';
import type { TableSpec } from './table.ts';

interface Props {
  readonly chart: ChartSpec | null;
  readonly table: TableSpec;
  readonly theme: Theme;
  readonly copy: (text: string, what: string) => Promise<void>;
  readonly onAction?: (key: string) => void;
  /** Of what the numbers are, where the heading does not say all of it. */
  readonly label?: string;
  /** A sentence below the heading. */
  readonly about?: string;
  /** What kind of prices the cycles rest on; a chart of cycles has it in sight. */
  readonly prices?: string;
  readonly children?: ReactNode;
}

/** A chart with its table beside it. */
export function ChartSection({ chart, table, theme, copy, onAction, label, about, prices = '', children }: Props) {
  return (
    <section className="chart-section" aria-label={table.caption}>
      <h3>{table.caption}</h3>
      {label !== undefined && <p>{label}</p>}
      {(about !== undefined || prices !== '') && (
        <p className="muted">
          {prices !== '' && <span className="prices">{prices}</span>} {about}
        </p>
      )}
      {children}
      <div className={chart === null ? 'chart-pair alone' : 'chart-pair'}>
        {chart !== null && <ChartCanvas spec={chart} theme={theme} />}
        <DataTable spec={table} theme={theme} copy={copy} {...(onAction === undefined ? {} : { onAction })} />
      </div>
    </section>
  );
}
