import { useEffect, useState } from 'react';
import type { ResultPaneActions } from '../state/result-pane.ts';
import { fillColumns, newColumns } from './event-columns.ts';
import { extendSeries, newSeries, type EventSeries } from './event-series.ts';

/** Calls under way at a time: the lab reads pieces while the window takes another one in. */
const AHEAD = 4;
/** Milliseconds between two drawings of what is there so far. */
const REDRAW = 150;

export interface ReadEvents {
  readonly series: EventSeries | null;
  /** Events ready to be drawn; grows while they are read. */
  readonly ready: number;
  readonly problem: string | null;
}

const NOTHING: ReadEvents = { series: null, ready: 0, problem: null };

/** Reads the events of one configuration piece by piece; what is there can be shown at once. `runId` changes with the run. */
export function useEvents(
  runId: string,
  index: number,
  total: number,
  read: ResultPaneActions['readEvents'],
): ReadEvents {
  const [state, setState] = useState<ReadEvents>(NOTHING);
  useEffect(() => {
    setState(NOTHING);
    if (total === 0) return;
    let stale = false;
    const readAll = async (): Promise<void> => {
      const columns = newColumns(total);
      const series = newSeries(columns);
      const coming: ReturnType<typeof read>[] = [];
      let asked = 0;
      const ask = (): void => {
        for (; coming.length < AHEAD && asked < total; asked += columns.piece) {
          const piece = read({ runId, index, from: asked, count: columns.piece });
          piece.catch(() => {});
          coming.push(piece);
        }
      };
      let ready = 0;
      let drawn = -Infinity;
      for (ask(); coming.length > 0;) {
        const piece = await coming.shift()!;
        if (stale) return;
        ask();
        fillColumns(columns, piece);
        ready = extendSeries(series, ready);
        const now = performance.now();
        if (now < drawn + REDRAW && columns.loaded < total) continue;
        drawn = now;
        setState({ series, ready, problem: null });
      }
    };
    readAll().catch((error: unknown) => {
      if (!stale) setState({ ...NOTHING, problem: error instanceof Error ? error.message : String(error) });
    });
    return () => {
      stale = true;
    };
  }, [runId, index, total, read]);
  return state;
}
