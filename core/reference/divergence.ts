/** How a machine's answer may differ from what the guest must observe. */
const DIVERGENCE_KINDS = [
  /** An eventfd was signalled by an access that does not ask for it: a read, another value, a second time. */
  'spurious-signal',
  /** A write that matches an ioeventfd did not signal it. */
  'lost-signal',
  /** Bytes the guest stored are not in memory, or reached nobody. */
  'lost-write',
  /** Memory that the access may not change was changed. */
  'wrong-write',
  /** A register received something else than memory or userspace holds. */
  'wrong-read',
  /** A page of a read-only region whose reads are swallowed again and again. */
  'unreadable-page',
  /** A read-modify-write was skipped as a whole. */
  'swallowed-rmw',
  /** Userspace or the coalesced ring saw an access that is none of its business. */
  'unexpected-exit',
  /** Userspace did not see an access that is meant for it. */
  'missed-exit',
  /** Userspace saw the access with another address, length or value. */
  'wrong-exit',
  /** The access was served by a translation that no longer holds. */
  'stale-translation',
  /** A fault too many, a fault too few, or another fault. */
  'wrong-fault',
  /** An interrupt of the host or a machine check that caused an exit was not served exactly once. */
  'unserviced-interrupt',
  /** Code of the host ran while the guest's XCR0 or PKRU was loaded. */
  'guest-state-in-host',
] as const;
export type DivergenceKind = (typeof DIVERGENCE_KINDS)[number];

/** Equal divergences of a run: same kind, script line and form; the text is that of the first. */
export interface Divergence {
  readonly kind: DivergenceKind;
  readonly text: string;
  /** The first access that caused it, as text. */
  readonly access: string;
  /** Its script line; 0 when unknown. */
  readonly line: number;
  readonly count: number;
}
