import { useEffect, useState } from 'react';
import type { LabReply } from '../../host/contract/lab.ts';
import type { Bench } from '../state/bench.ts';
import { failureOf } from '../state/failure.ts';

export type FormatRow = LabReply<'report.formats'>[number];

/** The formats there are; none until the lab has said. */
export function useFormats(bench: Bench): readonly FormatRow[] {
  const [formats, setFormats] = useState<readonly FormatRow[]>([]);
  useEffect(() => {
    let wanted = true;
    void bench.lab.call('report.formats', {}).then(
      (found) => wanted && setFormats(found),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [bench]);
  return formats;
}

/** A report, or why there is none; both null while it is made. */
export interface Preview {
  readonly text: string | null;
  readonly problem: string | null;
}

const NOTHING: Preview = { text: null, problem: null };

/** The text of a report of a run that is over, made while it is looked at. */
export function useReport(
  bench: Bench,
  runId: string | null,
  format: string,
  baseline: string | null,
  inSight: boolean,
): Preview {
  const [made, setMade] = useState<Preview & { readonly of: string }>({ ...NOTHING, of: '' });
  const of = JSON.stringify([runId, format, baseline]);
  useEffect(() => {
    if (runId === null || !inSight || made.of === of) return;
    let wanted = true;
    const take = (preview: Preview): void => void (wanted && setMade({ ...preview, of }));
    void bench.lab.call('report.text', { runId, format, baseline }).then(
      ({ text }) => take({ text, problem: null }),
      (error: unknown) => take({ text: null, problem: failureOf(error).message }),
    );
    return () => {
      wanted = false;
    };
  }, [bench, runId, of, inSight]);
  return made.of === of ? made : NOTHING;
}
