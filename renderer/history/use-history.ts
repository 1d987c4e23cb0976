import { useEffect, useState } from 'react';
import type { LabReply } from '../../host/contract/lab.ts';
import type { Bench } from '../state/bench.ts';
import { debounce } from '../state/debounce.ts';
import { failureOf } from '../state/failure.ts';

export interface Wanted {
  readonly search: string;
  readonly tag: string | null;
  readonly deleted: boolean;
  readonly limit: number;
}

export type Found = LabReply<'history.list'> & { readonly problem: string | null };

const NOTHING: Found = { runs: [], more: false, tags: [], problem: null };
/** Milliseconds after the last key, or the last change. */
const PAUSE = 120;

/** Stored runs as they are wanted, again whenever the history changes; null until the lab has answered. */
export function useHistory(bench: Bench, { search, tag, deleted, limit }: Wanted, inSight: boolean): Found | null {
  const [found, setFound] = useState<Found | null>(null);
  useEffect(() => {
    if (!inSight) return;
    let wanted = true;
    const ask = debounce(PAUSE, () => {
      void bench.lab.call('history.list', { search, tag, deleted, limit, before: null }).then(
        (reply) => wanted && setFound({ ...reply, problem: null }),
        (error: unknown) => wanted && setFound({ ...NOTHING, problem: failureOf(error).message }),
      );
    });
    ask();
    const stop = bench.lab.listen(({ name }) => void (name === 'history.changed' && ask()));
    return () => {
      wanted = false;
      ask.cancel();
      stop();
    };
  }, [bench, search, tag, deleted, limit, inSight]);
  return found;
}
