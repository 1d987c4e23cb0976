import type { Configuration } from '../../core/index.ts';

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

/** Names of the choices in which two configurations differ. */
export function choicesThatDiffer(a: Configuration, b: Configuration): string[] {
  const fields: string[] = FIELDS.filter((field) => a[field] !== b[field]);
  // An MMU flavour needs a CPU of its vendor: the two are one choice.
  const chosen = a.mmu !== b.mmu ? fields.filter((field) => field !== 'cpu') : fields;
  const switches = [...new Set([...Object.keys(a.switches), ...Object.keys(b.switches)])];
  return [...chosen, ...switches.filter((name) => a.switches[name] !== b.switches[name])];
}
