import * as v from 'valibot';

/** A user's mistake in the argument of a call, as one sentence. */
export class Refusal extends Error {}

/** The argument of a call, or the first thing wrong with it: `size must be a multiple of 4096, not 0x3`. */
export function decode<S extends v.GenericSchema>(schema: S, call: string, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const path = v.getDotPath(issue) ?? '';
  if (issue.type === 'strict_object') {
    const missing = issue.expected !== 'never';
    throw new Refusal(
      path === '' ? `${call}() takes an object` : `${call}(): ${path} ${missing ? 'is missing' : 'is not an option'}`,
    );
  }
  throw new Refusal(`${call}(): ${path} ${issue.message}`.replace('():  ', '() '));
}
