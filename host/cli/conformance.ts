import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { replayOracle, type Tally } from '../../core/index.ts';
import { EXIT_BAD_INPUT, EXIT_CHECK_FAILED, EXIT_OK } from './exit-codes.ts';
import { unreadable } from './unreadable.ts';

/** How one file went: its counts, or why it could not be replayed. */
type FileReport =
  ({ readonly file: string; readonly error?: undefined } & Tally) | { readonly file: string; readonly error: string };

interface ConformanceReport {
  readonly files: readonly FileReport[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** 0; 1 when a case failed; 2 when a file could not be read or is not of the format. */
  readonly exitCode: number;
  /** The report as text, for standard output. */
  readonly lines: readonly string[];
  /** One sentence for each file that could not be replayed, for standard error. */
  readonly errors: readonly string[];
}

/** Failures shown for one file; the count tells of the rest. */
const FAILURES_SHOWN = 20;

/** `exitlab conformance FILE...`: replays recorded answers of a real KVM. Never throws for what a file holds. */
export async function runConformance(files: readonly string[]): Promise<ConformanceReport> {
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await replayFile(file));
  const tallies = reports.flatMap((report) => (report.error === undefined ? [report] : []));
  const errors = reports.flatMap(({ file, error }) => (error === undefined ? [] : [`${file}: ${error}`]));
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + count(tally), 0);
  const [passed, failed, skipped] = [sum((t) => t.passed), sum((t) => t.failed), sum((t) => t.skipped)];
  const lines = tallies.flatMap((tally) => linesOf(basename(tally.file), tally));
  if (tallies.length > 1) lines.push(`all files: ${counts(passed, failed, skipped)}`);
  const exitCode = errors.length > 0 ? EXIT_BAD_INPUT : failed > 0 ? EXIT_CHECK_FAILED : EXIT_OK;
  return { files: reports, passed, failed, skipped, exitCode, lines, errors };
}

async function replayFile(file: string): Promise<FileReport> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { file, error: unreadable(error) };
  }
  const tally = replayOracle(text);
  return tally.ok ? { file, ...tally.value } : { file, error: tally.error };
}

function linesOf(name: string, tally: Tally): string[] {
  const lines = [`${name}: ${counts(tally.passed, tally.failed, tally.skipped)}`];
  for (const [reason, cases] of [...tally.reasons].sort(([, a], [, b]) => b - a)) {
    lines.push(`  skipped ${cases}: ${reason}`);
  }
  for (const { id, why } of tally.failures.slice(0, FAILURES_SHOWN)) lines.push(`  failed ${id}: ${why}`);
  const more = tally.failures.length - FAILURES_SHOWN;
  if (more > 0) lines.push(`  and ${more} more failed`);
  return lines;
}

const counts = (passed: number, failed: number, skipped: number): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
