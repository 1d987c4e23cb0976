import * as v from 'valibot';
import type { Configuration, DivergenceKind, PathResult, RunResult } from '../../core/index.ts';
import type { Frozen, Holds, Same } from './same-type.ts';

// The core's results as schemas: the same types, checked on arrival. The compiler keeps the two equal (last lines).

/** A whole number of at least 0 that is exact in a double. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Any finite number. */
export const finite = v.pipe(v.number(), v.finite());
const name = v.pipe(v.string(), v.maxLength(400));
const text = v.pipe(v.string(), v.maxLength(10_000));

export const configuration = v.strictObject({
  name,
  cpu: name,
  mmu: v.picklist(['ept', 'npt', 'shadow']),
  kernel: name,
  design: name,
  mitigations: name,
  nestedHost: v.boolean(),
  vpid: v.boolean(),
  hostPage: v.picklist(['4K', '2M', '1G']),
  seed: v.pipe(v.number(), v.safeInteger()),
  switches: v.record(name, v.union([v.boolean(), finite, name])),
});

/** Paths by hand: a result may hold a million steps, and the window must not pause to read them. */
const paths = v.custom<readonly PathResult[]>(isPaths, 'paths are lists of [step, times] with a count');

function isPaths(input: unknown): boolean {
  if (!Array.isArray(input)) return false;
  return input.every((path: unknown) => {
    if (typeof path !== 'object' || path === null) return false;
    const { steps, count: times } = path as { steps?: unknown; count?: unknown };
    return isCount(times) && Array.isArray(steps) && steps.every(isStep);
  });
}

const isStep = (step: unknown): boolean =>
  Array.isArray(step) && step.length === 2 && typeof step[0] === 'string' && isCount(step[1]);

const isCount = (input: unknown): boolean => typeof input === 'number' && input >= 0 && Number.isSafeInteger(input);

const counts = v.record(v.string(), count);

const divergenceKind = v.picklist([
  'spurious-signal',
  'lost-signal',
  'lost-write',
  'wrong-write',
  'wrong-read',
  'unreadable-page',
  'swallowed-rmw',
  'unexpected-exit',
  'missed-exit',
  'wrong-exit',
  'stale-translation',
  'wrong-fault',
  'unserviced-interrupt',
  'guest-state-in-host',
]);

const waits = v.array(
  v.object({
    symbol: v.picklist([
      'queued_spin_lock_slowpath',
      'queued_read_lock_slowpath',
      'queued_write_lock_slowpath',
      '__mutex_lock_slowpath',
      '__synchronize_srcu',
      'kvm_vcpu_block',
      'kvm_vcpu_halt',
      'schedule',
    ]),
    kind: v.picklist(['spins', 'sleeps']),
    times: count,
    cycles: v.pipe(finite, v.minValue(0)),
  }),
);
const clock = v.pipe(finite, v.minValue(0));

export const runResult = v.object({
  configuration,
  accesses: count,
  paths,
  phases: v.array(v.object({ name: text, counts: v.array(count) })),
  hostPaths: paths,
  stats: counts,
  exits: counts,
  eventfds: counts,
  userspaceExits: count,
  divergences: v.array(v.object({ kind: divergenceKind, text, access: text, line: count, count })),
  notes: v.array(v.object({ what: text, line: count, count })),
  problem: v.nullable(v.object({ text, line: count })),
  clock,
  timed: v.exactOptional(
    v.object({
      vcpus: v.array(
        v.object({
          id: count,
          instructions: count,
          paths,
          waits,
          clock,
          scheduling: v.exactOptional(v.object({ preempted: count, slept: count, moved: count })),
        }),
      ),
      host: v.array(v.object({ waits, clock })),
      hostCpus: v.exactOptional(v.object({ busy: v.array(clock) })),
    }),
  ),
  checked: v.boolean(),
});

type Checked = [
  Holds<Same<Frozen<v.InferOutput<typeof configuration>>, Configuration>>,
  Holds<Same<v.InferOutput<typeof divergenceKind>, DivergenceKind>>,
  Holds<Same<Frozen<v.InferOutput<typeof runResult>>, RunResult>>,
];
/** Never used as a value; keeps the checks above alive. */
export type ResultSchemasAreTheCores = Checked;
