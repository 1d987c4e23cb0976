import type { DivergenceKind } from './divergence.ts';

/** What a finding's sentence may speak of. */
export interface Facts {
  /** `read of 4 bytes at 0xfe000000`. */
  readonly what: string;
  /** The eventfd's name. */
  readonly fd: string;
  /** A second eventfd. */
  readonly other: string;
  /** `write of 4 bytes at 0x30000000`: the piece of the access that went astray. */
  readonly piece: string;
  /** What was observed instead, in words. */
  readonly got: string;
  /** What had to be observed, in words. */
  readonly want: string;
}

interface Finding {
  readonly kind: DivergenceKind;
  /** A TLB that still holds what the guest has changed would explain it. */
  readonly guestMayBeStale: boolean;
  readonly text: (f: Facts) => string;
}

const row = (kind: DivergenceKind, text: (f: Facts) => string): Finding => ({ kind, text, guestMayBeStale: false });
const soft = (kind: DivergenceKind, text: (f: Facts) => string): Finding => ({ kind, text, guestMayBeStale: true });

/** Every sentence the reference can say, by name. */
const ROWS = {
  READ_KICKED: row(
    'spurious-signal',
    (f) => `${f.what} signalled eventfd ${f.fd} and returned nothing: the destination register kept its old value`,
  ),
  READ_EMPTY: soft('wrong-read', (f) => `${f.what} returned nothing: the destination register kept its old value`),
  PAGE_UNREADABLE: row(
    'unreadable-page',
    (f) =>
      `page ${f.piece} is read-only memory that cannot be read: every read was swallowed as a kick of eventfd ${f.fd}`,
  ),
  RMW_KICKED: row(
    'swallowed-rmw',
    (f) =>
      `${f.what} was swallowed: eventfd ${f.fd} was signalled, but nothing was read; memory, flags and registers are unchanged`,
  ),
  RMW_SWALLOWED: row('swallowed-rmw', (f) => `${f.what} was swallowed: nothing was read and nothing written`),
  RAM_KICKED: row(
    'stale-translation',
    (f) => `${f.what} hit RAM, yet it was served as MMIO: eventfd ${f.fd} was signalled and memory was not touched`,
  ),
  RAM_EXITED: soft('stale-translation', (f) => `${f.what} hit RAM, yet it was served as MMIO: ${f.got}`),
  KICK_TO_RING: row(
    'lost-signal',
    (f) => `${f.piece} matches eventfd ${f.fd} but was swallowed by a coalesced zone: it went to the ring, no signal`,
  ),
  KICK_TO_USERSPACE: row(
    'lost-signal',
    (f) => `${f.piece} matches eventfd ${f.fd} but went to userspace instead of signalling it`,
  ),
  KICK_TO_OTHER: row('lost-signal', (f) => `${f.piece} matches eventfd ${f.fd}, but eventfd ${f.other} was signalled`),
  KICK_LOST: soft('lost-signal', (f) => `${f.piece} matches eventfd ${f.fd}, which was not signalled`),
  RING_TO_USERSPACE: row(
    'unexpected-exit',
    (f) => `${f.piece} lies in a coalesced zone and the ring has room, but it went to userspace`,
  ),
  RING_LOST: soft(
    'lost-write',
    (f) => `${f.piece} lies in a coalesced zone but reached neither the ring nor userspace`,
  ),
  WRONG_EXIT: row('wrong-exit', (f) => `${f.what}: userspace had to see a ${f.want}, but saw a ${f.got}`),
  WRONG_RING: row('wrong-exit', (f) => `${f.what}: the ring had to get a ${f.want}, but got a ${f.got}`),
  EXIT_TO_RING: row('missed-exit', (f) => `${f.piece} lies in no coalesced zone with room, but was put into the ring`),
  EXIT_KICKED: row(
    'spurious-signal',
    (f) => `${f.piece} does not match eventfd ${f.fd}, but signalled it, and userspace did not see the access`,
  ),
  EXIT_MISSED: soft('missed-exit', (f) => `${f.what}: userspace did not see the ${f.piece}`),
  SLOT_GONE: row(
    'stale-translation',
    (f) => `${f.what}: no memory is there since its slot was deleted, yet userspace did not see the ${f.piece}`,
  ),
  SIGNAL_EXTRA: row('spurious-signal', (f) => `${f.what} signalled eventfd ${f.fd}, which it does not match`),
  SIGNAL_TWICE: row('spurious-signal', (f) => `${f.what} signalled eventfd ${f.fd} more than once`),
  RING_EXTRA: row('unexpected-exit', (f) => `${f.what} put a ${f.got} into the coalesced ring, which nothing asks for`),
  EXIT_EXTRA: soft('unexpected-exit', (f) => `${f.what} went to userspace as a ${f.got}, which nothing asks for`),
  WRONG_VALUE: soft('wrong-read', (f) => `${f.what} returned ${f.got}; it had to return ${f.want}`),
  STORE_LOST: soft(
    'lost-write',
    (f) => `${f.what}: the ${f.piece} in RAM were not stored: memory holds ${f.got}, the guest wrote ${f.want}`,
  ),
  STORE_LOST_BY_KICK: row(
    'lost-write',
    (f) =>
      `${f.what}: the ${f.piece} in RAM were not stored, only eventfd ${f.fd} was signalled: memory holds ${f.got}, the guest wrote ${f.want}`,
  ),
  READONLY_CHANGED: soft(
    'wrong-write',
    (f) => `${f.what} changed memory that it may not change (${f.piece}): ${f.got}, before ${f.want}`,
  ),
  WRONG_FAULT: soft(
    'wrong-fault',
    (f) => `${f.what} raised ${f.got}; the guest's page tables and registers ask for ${f.want}`,
  ),
  STOPPED: row('unexpected-exit', (f) => `${f.what} stopped the vCPU: KVM could not carry the instruction out`),
  MEMORY_DIFFERS: row(
    'wrong-write',
    (f) => `at the end memory (${f.piece}) holds ${f.got}; the guest's own stores leave ${f.want}`,
  ),
} as const;

export type FindingName = keyof typeof ROWS;

export const FINDINGS: Readonly<Record<FindingName, Finding>> = ROWS;
/** A number for each finding, for keys. */
export const FINDING_ID = Object.freeze(
  Object.fromEntries(Object.keys(ROWS).map((name, id) => [name, id])),
) as Readonly<Record<FindingName, number>>;
