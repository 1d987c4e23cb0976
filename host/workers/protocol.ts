import * as v from 'valibot';
import type { Configuration } from '../../core/index.ts';
import type { CompiledScript } from '../sandbox/compile/compiled-script.ts';
import type { Description } from '../sandbox/description.ts';
import type { Limits } from '../sandbox/limits.ts';
import type { ScriptError } from '../sandbox/script-error.ts';
import type { RunReport } from './run-report.ts';

/** What a worker can be asked. Everything is plain data. */
export type Job =
  /** The words of the script's scenario. */
  | { readonly kind: 'describe'; readonly script: CompiledScript; readonly limits: Limits }
  /** One run of the script on one configuration. */
  | {
      readonly kind: 'run';
      readonly script: CompiledScript;
      readonly limits: Limits;
      readonly configuration: Configuration;
      /** Compare with the reference while running. */
      readonly check: boolean;
      /** The access to record step by step, counted from 1; 0 for none. */
      readonly trace: number;
      /** Also report accesses by line, first accesses of paths, and the machine around the traced access. Default false. */
      readonly details?: boolean;
      /** Events to keep, the last so many. Default none. */
      readonly events?: number;
      /** Cycles by step id for the simulated clock. Default: the CPU model's. */
      readonly prices?: readonly number[];
    };

/** How a job ended. */
export type Answer =
  | { readonly kind: 'described'; readonly description: Description }
  | { readonly kind: 'ran'; readonly report: RunReport }
  /** A mistake of the script's. */
  | { readonly kind: 'script-error'; readonly error: ScriptError }
  /** What the script asks for cannot be built on this configuration. */
  | { readonly kind: 'refused'; readonly message: string }
  /** A bug: the worker is lost, the other runs are not. */
  | { readonly kind: 'crashed'; readonly message: string };

/** What a worker says on the way. */
export type Report =
  | { readonly kind: 'progress'; readonly records: number; readonly accesses: number }
  | { readonly kind: 'message'; readonly text: string };

const number = v.pipe(v.number(), v.finite());
const scriptError = v.object({ file: v.string(), line: number, column: number, message: v.string() });

/** The outline of everything a worker sends; what is inside a report is the core's own. */
const schema = v.variant('kind', [
  v.object({ kind: v.literal('progress'), records: number, accesses: number }),
  v.object({ kind: v.literal('message'), text: v.string() }),
  v.object({
    kind: v.literal('described'),
    description: v.looseObject({
      title: v.string(),
      question: v.string(),
      claims: v.array(v.string()),
      says: v.array(v.string()),
    }),
  }),
  v.object({
    kind: v.literal('ran'),
    report: v.looseObject({ result: v.looseObject({ paths: v.array(v.unknown()) }) }),
  }),
  v.object({ kind: v.literal('script-error'), error: scriptError }),
  v.object({ kind: v.literal('refused'), message: v.string() }),
  v.object({ kind: v.literal('crashed'), message: v.string() }),
]);

/** A message of a worker, checked; anything else counts as a crash. */
export function readMessage(message: unknown): Answer | Report {
  const parsed = v.safeParse(schema, message);
  if (parsed.success) return parsed.output as unknown as Answer | Report;
  return { kind: 'crashed', message: `the worker sent something unknown: ${parsed.issues[0].message}` };
}
