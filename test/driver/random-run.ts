import { findCpuModel } from '../../core/cost/cpu-models.ts';
import { toSixteenth } from '../../core/cost/paths.ts';
import { priceVector } from '../../core/cost/price-vector.ts';
import { STEP, type StepName } from '../../core/cost/steps.ts';
import { OP } from '../../core/guest/instruction.ts';
import { parseConfigurations } from '../../core/experiment/configurations.ts';
import type { Configuration, RunResult } from '../../core/experiment/result.ts';
import { kernels } from '../../core/design/registry.ts';
import { prepare, type Run } from '../../core/experiment/run.ts';
import type { Divergence, DivergenceKind } from '../../core/reference/divergence.ts';
import { configurationOf, type DriveOptions } from './machine-driver.ts';
import { ProgramWriter, type Step } from './random-program.ts';
import { setupOf, tablesOf, type World } from './random-world.ts';
import { RecordList } from './record-list.ts';

/** What the guest saw of one step. */
export interface Seen {
  readonly hi: number;
  readonly lo: number;
  readonly vector: number;
  readonly errorCode: number;
  readonly faultHi: number;
  readonly faultLo: number;
  readonly errno: number;
}

export interface Outcome {
  readonly result: RunResult;
  /** By step, where steps were run one by one. */
  readonly seen: readonly Seen[];
  readonly run: Run;
}

/** A machine with a world on it, and what writes programs for the two. */
export function startRun(options: DriveOptions, world: World): { run: Run; list: RecordList; writer: ProgramWriter } {
  const configuration = configurationOf(options);
  const setup = setupOf(world, configuration);
  const prepared = prepare(configuration, setup, { check: options.check ?? true });
  if (!prepared.ok) throw new Error(`${configuration.name}: ${prepared.error}`);
  const run = prepared.value;
  const list = new RecordList();
  const tables = tablesOf(world, setup, configuration.design);
  const writer = new ProgramWriter(world, tables, list, (op) => run.addHostOp(op));
  return { run, list, writer };
}

/** Runs a program step by step; the line of a record is its step's number, from 1. */
export function runStepwise(options: DriveOptions, world: World, steps: readonly Step[]): Outcome {
  const { run, list, writer } = startRun(options, world);
  const seen: Seen[] = [];
  steps.forEach((step, n) => {
    list.line = n + 1;
    writer.write(step);
    const records = list.take();
    list.clear();
    const fault = run.lastFault;
    fault.vector = -1;
    run.run(records, records.length);
    const faulted = fault.vector >= 0;
    seen.push({
      hi: run.resultHi,
      lo: run.resultLo,
      vector: fault.vector,
      errorCode: faulted ? fault.errorCode : 0,
      faultHi: faulted ? fault.hi : 0,
      faultLo: faulted ? fault.lo : 0,
      errno: step.k === 'host' ? run.lastErrno : 0,
    });
  });
  return { result: run.result(), seen, run };
}

/** Runs a program as one buffer of records. Lines are 1 throughout, so that a loop and its copies look alike. */
export function runWhole(options: DriveOptions, world: World, steps: readonly Step[]): Outcome {
  const { run, list, writer } = startRun(options, world);
  list.line = 1;
  for (const step of steps) writer.write(step);
  const records = list.take();
  run.run(records, records.length);
  return { result: run.result(), seen: [], run };
}

/** Every kernel and design that go together, on both MMUs, as one would name them on the command line. */
export const COMBINATIONS: readonly Combination[] = ['ept', 'npt'].flatMap((mmu) =>
  kernels.flatMap(({ id }) => {
    const list = parseConfigurations({ mmus: [mmu], kernels: [id] });
    return list.ok ? list.value.map(({ mmu: under, kernel, design }) => ({ mmu: under, kernel, design })) : [];
  }),
);

/**
 * The same under shadow paging, on a CPU of each vendor: no design has a known hazard there. Without the kernels before read-only slots,
 * which these worlds have.
 */
export const SHADOW: readonly (Combination & Pick<Configuration, 'cpu'>)[] = kernels.flatMap(({ id, policy }) => {
  const list = policy.slots.readonlyMem ? parseConfigurations({ mmus: ['shadow'], kernels: [id] }) : null;
  return list?.ok === true ? list.value.map(({ cpu, mmu, kernel, design }) => ({ cpu, mmu, kernel, design })) : [];
});

export type Combination = Pick<Configuration, 'mmu' | 'kernel' | 'design'>;

/** True where a kick is emulated, or goes to userspace, or through a port: no known hazard. */
export const isSane = ({ mmu, design }: Combination): boolean =>
  ['userspace', 'datamatch', 'wildcard', 'pio', 'ro-emulated', 'svm-fast-mmio-no-nrip'].includes(design) ||
  (mmu === 'npt' && design === 'fast-mmio');

/**
 * Guest-physical addresses fit the nested tables' 48 bits on every CPU, so that bit 51 of an entry is reserved on every CPU.
 */
export const SWITCHES = { maxphyaddr: 46 } as const;

/** How long to search. EXITLAB_SEED and EXITLAB_RUNS (a factor) make a longer or another search of it. */
export const search = (numRuns: number): { seed: number; numRuns: number } => ({
  seed: Number(process.env['EXITLAB_SEED'] ?? 1),
  numRuns: Math.ceil(numRuns * Number(process.env['EXITLAB_RUNS'] ?? 1)),
});

/** Divergences that are neither KVM's emulator's own nor allowed. */
export function unexplained(
  { result, seen }: Outcome,
  steps: readonly Step[],
  allowed: readonly DivergenceKind[],
): readonly Divergence[] {
  return result.divergences.filter(({ kind, line }) => {
    const at = line - 1;
    return !allowed.includes(kind) && (line === 0 || !emulatorDiffers(steps[at]!, seen[at]!, kind));
  });
}

/** A problem that stopped the run: only a fetch where no memory is may do that. */
export function unexplainedStop({ result }: Outcome, steps: readonly Step[]): string | null {
  const { problem } = result;
  return problem === null || steps[problem.line - 1]?.k === 'fetch' ? null : problem.text;
}

/** The paths of a result at the prices of its own CPU model, each rounded to a sixteenth of a cycle. */
export function pricedClock({ configuration, paths }: RunResult): number {
  const model = findCpuModel(configuration.cpu);
  if (!model.ok) throw new Error(model.error);
  const prices = priceVector(model.value);
  let sum = 0;
  for (const { steps, count } of paths)
    for (const [name, times] of steps) sum += toSixteenth(prices[STEP[name as StepName]]!) * times * count;
  return sum;
}

/** A result as text, 64-bit quantities included. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `${inner}n` : inner));

/**
 * Where KVM's emulator itself is known to differ from a CPU, whatever the design (arch/x86/kvm/x86.c, emulator_read_write; emulate.c,
 * pio_in_emulated):
 * - It carries out what comes before a fault of the same instruction: of an operand that crosses into a page that faults the first part is
 *   written or asked for already, an INS has read its port, a read-modify-write reports the fault of its read, without W.
 * - A batch of INS elements is stored by one write, so that a device sees 8 bytes for 8 elements of one.
 */
function emulatorDiffers(step: Step, seen: Seen, kind: DivergenceKind): boolean {
  if (seen.vector === 14 && reachesTwoPages(step)) return true;
  return step.k === 'strio' && step.op === OP.INS && TO_DEVICES.includes(kind);
}

const TO_DEVICES: readonly DivergenceKind[] = [
  'wrong-exit',
  'missed-exit',
  'unexpected-exit',
  'lost-signal',
  'lost-write',
  'spurious-signal',
  'stale-translation',
];

function reachesTwoPages(step: Step): boolean {
  switch (step.k) {
    case 'load':
    case 'store':
    case 'rmw':
      return step.at.offset + step.size > 4096;
    case 'stos':
      return step.at.offset + step.size * step.count > 4096;
    case 'movs':
      return step.at.offset + step.size * step.count > 4096 || step.from.offset + step.size * step.count > 4096;
    case 'strio':
      return step.op === OP.INS || step.at.offset + step.size * step.count > 4096;
    default:
      return false;
  }
}
