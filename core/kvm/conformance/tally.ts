import { parseOracle } from './oracle-file.ts';
import { replayCase } from './replay.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** How the cases of one file ended. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Reason of skips, and how many cases it holds for. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Case and difference, for each failed case. */
  readonly failures: readonly { readonly id: string; readonly why: string }[];
}

/** Replays a file of recorded answers of a real KVM. An error is a sentence about the file. */
export function replayOracle(text: string): Result<Tally> {
  const cases = parseOracle(text);
  if (!cases.ok) return cases;
  let passed = 0;
  const reasons = new Map<string, number>();
  const failures: { id: string; why: string }[] = [];
  for (const [index, each] of cases.value.entries()) {
    const result = replayCase(each);
    if (result.outcome === 'malformed') return err(`case ${index + 1} ("${each.id}"): ${result.why}`);
    if (result.outcome === 'passed') passed++;
    else if (result.outcome === 'failed') failures.push({ id: each.id, why: result.why });
    else reasons.set(result.why, (reasons.get(result.why) ?? 0) + 1);
  }
  const skipped = cases.value.length - passed - failures.length;
  return ok({ passed, failed: failures.length, skipped, reasons, failures });
}
