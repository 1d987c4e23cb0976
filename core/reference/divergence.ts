/** How a machine's answer may differ from what the guest must observe. */
export const DIVERGENCE_KINDS = [
  'spurious-signal',
  'lost-signal',
  'lost-write',
  'wrong-read',
  'unreadable-page',
  'swallowed-rmw',
  'unexpected-exit',
  'missed-exit',
  'stale-translation',
  'wrong-fault',
] as const;
export type DivergenceKind = (typeof DIVERGENCE_KINDS)[number];
