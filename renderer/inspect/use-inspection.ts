import { useEffect, useState } from 'react';
import type { Inspection } from '../../host/contract/lab.ts';
import type { InspectTarget, ResultPaneActions } from '../state/result-pane.ts';

export type InspectionState =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly last: Inspection | null }
  | { readonly state: 'ready'; readonly inspection: Inspection }
  | { readonly state: 'failed'; readonly why: string };

/** Accesses kept, so that stepping back is at once. */
const MOST = 24;

/** What one access did; the last ones are kept. `owner` changes with the run. */
export function useInspection(
  owner: string,
  target: InspectTarget | null,
  read: ResultPaneActions['readInspection'],
): InspectionState {
  const [kept] = useState(() => new Map<string, Inspection>());
  const key = target === null ? null : `${owner} ${target.index} ${target.access}`;
  const [answer, setAnswer] = useState<{ key: string; why: string | null } | null>(null);
  const [last, setLast] = useState<Inspection | null>(null);
  useEffect(() => {
    if (key === null || target === null) return;
    const found = kept.get(key);
    if (found !== undefined) return setLast(found);
    let stale = false;
    read(target).then(
      (inspection) => {
        kept.set(key, inspection);
        for (const old of kept.keys()) if (kept.size > MOST) kept.delete(old);
        if (stale) return;
        setAnswer({ key, why: null });
        setLast(inspection);
      },
      (error: unknown) => {
        if (!stale) setAnswer({ key, why: error instanceof Error ? error.message : String(error) });
      },
    );
    return () => {
      stale = true;
    };
    // The key is the target.
  }, [key, kept, read]);
  if (key === null) return { state: 'none' };
  const inspection = kept.get(key);
  if (inspection !== undefined) return { state: 'ready', inspection };
  if (answer?.key === key && answer.why !== null) return { state: 'failed', why: answer.why };
  return { state: 'loading', last };
}
