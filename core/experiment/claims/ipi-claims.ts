import { OP } from '../../guest/instruction.ts';
import { PARALLEL } from '../../guest/parallel.ts';
import { ARGS_UNIT, RECORD, recordHeader } from '../../guest/records.ts';
import type { SetupOp } from '../../guest/setup.ts';
import { MSR } from '../../spec/msr.ts';
import { prepare } from '../run.ts';
import { type Claim, WITHIN } from './claim.ts';
import { configurationOf } from './exit-cost.ts';

/** vmexit.flat, test `ipi`, Skylake-SP: on the kernel before, with the ICR write answered before the run loop is left, with re-entry from it. */
const PUBLISHED = { before: 4238, reentry: 3293 };
const ROUNDS = 1000;
const [ANSWER, DONE] = [0x1000, 0x2000];
const VECTOR = 0x40;
const TO_VCPU_1 = 0x1_0000_0000 + VECTOR;

const insn = (op: number, size: number, ...args: readonly number[]): number[] => [
  recordHeader(op, size, args.length, 0),
  ...args,
];
const withBody = (header: number, first: number, body: readonly number[]): number[] => [
  header,
  first,
  body.length,
  ...body,
];
const parallel = (kind: number, first: number, body: readonly number[]): number[] =>
  withBody(recordHeader(RECORD.PARALLEL, kind, 2, 0), first, body);
const repeated = (body: readonly number[]): number[] => withBody(RECORD.LOOP + 2 * ARGS_UNIT, ROUNDS, body);

/** The scenario ipi-ping-pong: vCPU 0 interrupts vCPU 1, which halts, and spins until it has answered through memory. */
function programs(): number[] {
  const send = insn(OP.WRMSR, 0, MSR.X2APIC_ICR, TO_VCPU_1);
  const spin = insn(RECORD.PARALLEL, PARALLEL.SPIN_UNTIL, ANSWER, 1, 4);
  const first = [
    ...repeated([...send, ...spin, ...insn(OP.WRITE, 4, ANSWER, 0)]),
    ...insn(OP.WRITE, 4, DONE, 1),
    ...send,
  ];
  const second = [
    ...parallel(PARALLEL.ON_INTERRUPT, VECTOR, insn(OP.WRITE, 4, ANSWER, 1)),
    ...insn(RECORD.PARALLEL, PARALLEL.HALT_UNTIL, DONE, 1, 4),
  ];
  return [
    ...insn(RECORD.PARALLEL, PARALLEL.TOGETHER, 2),
    ...parallel(PARALLEL.PROGRAM, 0, first),
    ...parallel(PARALLEL.PROGRAM, 1, second),
  ];
}

/** Cycles of a round, by vCPU 0's clock. */
function round(kernel: string): number {
  const setup: SetupOp[] = [
    { kind: 'ram', gpa: 0n, size: 1n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: '4K' },
    { kind: 'lapic' },
    { kind: 'vcpus', count: 2 },
  ];
  const at = { cpus: ['skylake-sp'], mmus: ['ept'] as const, kernels: [kernel], designs: ['userspace'] };
  const prepared = prepare(configurationOf({ ...at, switches: { apicv: true } }), setup);
  if (!prepared.ok) throw new Error(prepared.error);
  const records = programs();
  prepared.value.run(Float64Array.from(records), records.length);
  const { timed, problem } = prepared.value.result();
  if (timed === null || timed === undefined || problem !== null) throw new Error('the vCPUs did not come to their end');
  return timed.vcpus[0]!.clock / ROUNDS;
}

/** Interrupts between vCPUs. A timed run has no path to re-price, so these stand in words; 3543 is of a kernel that is not modelled. */
export const ipiClaims = (): Claim[] => [
  {
    id: 'A2.02',
    says: 'IPI on Skylake-SP: 4238 cycles, 3293 with re-entry from the run loop (3543 between them)',
    source: 'Wanpeng Li, "Ultra fast single target IPI fastpath" v2, April 2020',
    published: null,
    role: 'words',
    check: () => {
      const [before, after] = [round('4.15'), round('6.18')];
      const holds = [before / PUBLISHED.before, after / PUBLISHED.reentry].every(
        (part) => Math.abs(part - 1) <= WITHIN,
      );
      const text = `${Math.round(before)} cycles a round on 4.15 and ${Math.round(after)} on 6.18, predicted: a round waits for the other vCPU's way into HLT, not for the sender`;
      return { model: null, error: null, holds, words: text };
    },
  },
];
