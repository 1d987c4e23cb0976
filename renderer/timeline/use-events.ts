import { useEffect, useState } from 'react';
import type { ResultPaneActions } from '../state/result-pane.ts';
import { fillColumns, newColumns } from './event-columns.ts';
import { extendSeries, newSeries, type EventSeries } from './event-series.ts';

/** Events of one call. */
const PIECE = 32_768;

export interface ReadEvents {
  readonly series: EventSeries | null;
  /** Events ready to be drawn; grows while they are read. */
  readonly ready: number;
  readonly problem: string | null;
}

const NOTHING: ReadEvents = { series: null, ready: 0, problem: null };

/** Reads the events of one configuration piece by piece; what is there can be shown at once. `owner` changes with the run. */
export function useEvents(
  owner: string,
  index: number,
  total: number,
  read: ResultPaneActions['readEvents'],
): ReadEvents {
  const [state, setState] = useState<ReadEvents>(NOTHING);
  useEffect(() => {
    setState(NOTHING);
    if (total === 0) return;
    let stale = false;
    const series = newSeries(newColumns(total));
    const readAll = async (): Promise<void> => {
      let ready = 0;
      let asked = 0;
      const ask = (): ReturnType<typeof read> | null => {
        if (asked >= total) return null;
        const from = asked;
        asked += PIECE;
        return read(index, from, PIECE);
      };
      // One piece is under way while the one before is taken in.
      for (let coming = ask(); coming !== null;) {
        const piece = await coming;
        if (stale) return;
        coming = ask();
        coming?.catch(() => {});
        if (piece.count === 0 || piece.total !== total) throw new Error('the events ended early');
        fillColumns(series.columns, piece);
        ready = extendSeries(series, ready);
        setState({ series, ready, problem: null });
      }
    };
    readAll().catch((error: unknown) => {
      if (!stale) setState({ ...NOTHING, problem: error instanceof Error ? error.message : String(error) });
    });
    return () => {
      stale = true;
    };
  }, [owner, index, total, read]);
  return state;
}
