import type { Configuration } from '../result.ts';

const FIELDS = [
  'cpu',
  'mmu',
  'kernel',
  'design',
  'mitigations',
  'hostPage',
  'vpid',
  'nestedHost',
  'seed',
] as const satisfies readonly (keyof Configuration)[];

/** A choice in which two configurations differ. */
export interface DifferingChoice {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

/** Choices in which two configurations differ; switches by their own names. */
export function choicesThatDiffer(a: Configuration, b: Configuration): DifferingChoice[] {
  const fields = FIELDS.filter((field) => a[field] !== b[field]);
  // An MMU flavour needs a CPU of its vendor: the two are one choice.
  const chosen = a.mmu !== b.mmu ? fields.filter((field) => field !== 'cpu') : fields;
  const switches = [...new Set([...Object.keys(a.switches), ...Object.keys(b.switches)])];
  const said = (value: unknown): string => (value === undefined ? 'default' : String(value));
  return [
    ...chosen.map((field) => ({ what: field, a: said(a[field]), b: said(b[field]) })),
    ...switches
      .filter((name) => a.switches[name] !== b.switches[name])
      .map((name) => ({ what: name, a: said(a.switches[name]), b: said(b.switches[name]) })),
  ];
}
