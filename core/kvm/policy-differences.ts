import { GENERATION_DOCS, IO_POLICY_DOCS, POLICY_DOCS, SLOT_POLICY_DOCS, type PolicyDoc } from './policy-docs.ts';
import type { KvmPolicy } from './policy.ts';

type Value = string | number | boolean | bigint | readonly bigint[];

/** One field in which two policies differ. Fields of a part are written `io.field`, `slots.field`, `slots.generation.field`. */
export interface PolicyDifference {
  readonly field: string;
  readonly a: string | number | boolean;
  readonly b: string | number | boolean;
  readonly doc: string;
  readonly source: string;
}

/** The fields in which two policies differ, in the order of the tables above. */
export function differences(a: KvmPolicy, b: KvmPolicy): PolicyDifference[] {
  return [
    ...compare('', POLICY_DOCS, a, b),
    ...compare('io.', IO_POLICY_DOCS, a.io, b.io),
    ...compare('slots.', SLOT_POLICY_DOCS, a.slots, b.slots),
    ...compare('slots.generation.', GENERATION_DOCS, a.slots.generation, b.slots.generation),
  ];
}

function compare<K extends string>(
  prefix: string,
  docs: Readonly<Record<K, PolicyDoc>>,
  a: Readonly<Record<NoInfer<K>, Value>>,
  b: Readonly<Record<NoInfer<K>, Value>>,
): PolicyDifference[] {
  const fields = Object.keys(docs) as K[];
  return fields
    .map((field) => ({ field: prefix + field, a: shown(a[field]), b: shown(b[field]), ...docs[field] }))
    .filter((row) => row.a !== row.b);
}

const shown = (value: Value): string | number | boolean => {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'object' ? value.join(', ') : value;
};
