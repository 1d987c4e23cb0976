import * as v from 'valibot';
import { err, ok, type Result } from '../../core/index.ts';

const text = (limit: number, what: string) =>
  v.pipe(
    v.string(`${what} must be text`),
    v.trim(),
    v.nonEmpty(`${what} must not be empty`),
    v.maxLength(limit, `${what} is longer than ${limit} characters`),
  );
const names = v.array(v.string('an axis of configurations is a list of names'), 'an axis of configurations is a list');

const comparison = v.strictObject({
  designs: v.optional(names),
  cpus: v.optional(names),
  mmus: v.optional(names),
  kernels: v.optional(names),
  mitigations: v.optional(names),
  nestedHost: v.optional(v.array(v.boolean())),
  vpid: v.optional(v.array(v.boolean())),
  hostPages: v.optional(names),
  hostCpus: v.optional(v.array(v.number('hostCpus is a list of numbers'), 'hostCpus is a list of numbers')),
  switches: v.optional(v.record(v.string(), v.union([v.boolean(), v.number()]))),
});

const schema = v.strictObject({
  title: text(200, 'title'),
  question: v.optional(text(1000, 'question')),
  claims: v.optional(v.array(text(2000, 'a claim'), 'claims is a list of texts'), []),
  says: v.optional(v.array(text(2000, 'an answer'), 'says is a list of texts'), []),
  configurations: v.optional(comparison, {}),
  setup: v.optional(v.any()),
  guest: v.optional(v.any()),
});

/** The words of a scenario: what it asks, what was claimed, what the model answered, and what to compare by default. */
export interface Description {
  readonly title: string;
  readonly question: string;
  readonly claims: readonly string[];
  readonly says: readonly string[];
  readonly configurations: v.InferOutput<typeof comparison>;
}

/** Checks what was given to scenario(). */
export function decodeDescription(input: unknown): Result<Description> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return err(
      'scenario() takes an object: scenario({ title, question, setup(vm) { ... }, guest(cpu, context, host) { ... } })',
    );
  }
  const parsed = v.safeParse(schema, input);
  if (parsed.success) {
    const { title, question = '', claims, says, configurations } = parsed.output;
    return ok({ title, question, claims, says, configurations });
  }
  const issue = parsed.issues[0];
  const path = v.getDotPath(issue) ?? '';
  if (issue.type !== 'strict_object') return err(`scenario(): ${issue.message}`);
  return err(`scenario(): ${path} ${issue.expected === 'never' ? 'is not an option' : 'is missing'}`);
}
