import { err, ok, type Result } from '../../base/result.ts';
import { OP } from '../../guest/instruction.ts';
import { ARGS_UNIT, RECORD, recordHeader } from '../../guest/records.ts';
import type { SetupOp } from '../../guest/setup.ts';
import type { Configuration, PathResult } from '../result.ts';
import { prepare } from '../run.ts';

/**
 * Ports of kvm-unit-tests' vmexit.flat (x86/vmexit.c): the interrupt controller's edge/level register, read and written by the byte whatever
 * the names of the tests say; the PM timer; a port of nobody in the kernel.
 */
const ELCR = 0x4d0;
const PMTIMER = 0xb008;
const QEMU_PORT = 0x1234;
/** QEMU's pci-testdev behind a bridge: its memory and I/O bars. */
const BAR = 0xfebf_1000;
const IO_BAR = 0xc050;
const VALUE = 0x5a;
const LOOPS = 64;

type Args = readonly number[];

/** One instruction as an access record. */
const insn = (op: number, size: number, ...args: Args): number[] => [recordHeader(op, size, args.length, 0), ...args];

interface ExitTest {
  readonly record: readonly number[];
  readonly setup?: readonly SetupOp[];
  /** What the test does, as its source has it. */
  readonly what: string;
}

const eventfd = (pio: boolean, datamatch: boolean): SetupOp => ({
  kind: 'ioeventfd',
  addr: BigInt(pio ? IO_BAR : BAR),
  length: 1,
  datamatch: datamatch ? BigInt(VALUE) : null,
  pio,
  deassign: false,
  fd: 'pci-testdev',
});

const mmio = insn(OP.WRITE, 1, BAR, VALUE);
const port = insn(OP.OUT, 1, IO_BAR, VALUE);

/**
 * Tests of vmexit.flat that the model can run, by the names it prints. Of those left out some need several vCPUs or interrupts (ipi,
 * self_ipi, tscdeadline), some never exit on a CPU with a TPR shadow (cr8), and the rest are not one exit.
 */
export const EXIT_TESTS: Readonly<Record<string, ExitTest>> = {
  cpuid: { record: insn(OP.CPUID, 0), what: 'CPUID' },
  vmcall: { record: insn(OP.VMCALL, 0), what: 'VMCALL or VMMCALL' },
  inl_from_pmtimer: { record: insn(OP.IN, 4, PMTIMER), what: 'IN from a port of the VMM' },
  inl_from_qemu: { record: insn(OP.IN, 4, QEMU_PORT), what: 'IN from a port of the VMM' },
  inl_from_kernel: { record: insn(OP.IN, 1, ELCR), what: 'IN from a port of the in-kernel interrupt controller' },
  outl_to_kernel: { record: insn(OP.OUT, 1, ELCR, 0), what: 'OUT to a port of the in-kernel interrupt controller' },
  'mmio-no-eventfd:pci-mem': { record: mmio, what: 'store to MMIO of the VMM' },
  'mmio-wildcard-eventfd:pci-mem': { record: mmio, setup: [eventfd(false, false)], what: 'store to an ioeventfd' },
  'mmio-datamatch-eventfd:pci-mem': {
    record: mmio,
    setup: [eventfd(false, true)],
    what: 'store to an ioeventfd with datamatch',
  },
  'portio-no-eventfd:pci-io': { record: port, what: 'OUT to a port of the VMM' },
  'portio-wildcard-eventfd:pci-io': { record: port, setup: [eventfd(true, false)], what: 'OUT to an ioeventfd' },
  'portio-datamatch-eventfd:pci-io': {
    record: port,
    setup: [eventfd(true, true)],
    what: 'OUT to an ioeventfd with datamatch',
  },
};

/** A PC as QEMU builds it for kvm-unit-tests: RAM with the hole of the video memory and its coalesced zone, 4 GiB mapped by 2 MiB pages (x86/cstart64.S). */
const UNIT_TEST_PC: readonly SetupOp[] = [
  { kind: 'ram', gpa: 0n, size: 0xa_0000n, readonly: false, logDirty: false, hostPage: '4K', map: null },
  { kind: 'ram', gpa: 0x10_0000n, size: 127n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: null },
  {
    kind: 'map',
    gva: 0n,
    gpa: 0n,
    size: 1n << 32n,
    page: '2M',
    writable: true,
    user: true,
    execute: true,
    global: false,
    pkey: 0,
    present: true,
  },
  { kind: 'coalesced', addr: 0xa_0000n, size: 0x2_0000, pio: false, unregister: false },
];

/** The steps of one iteration of a test in its steady state, on a machine of this configuration; a sentence when it cannot be run there. */
export function exitTestPath(name: string, configuration: Configuration): Result<PathResult> {
  const test = EXIT_TESTS[name];
  if (test === undefined) return err(`the model has no test '${name}'`);
  const run = prepare(configuration, [...UNIT_TEST_PC, ...(test.setup ?? [])], { check: false, irqchip: true });
  if (!run.ok) return run;
  const loop = [RECORD.LOOP + 2 * ARGS_UNIT, LOOPS, test.record.length, ...test.record];
  run.value.run(Float64Array.from(loop), loop.length);
  const { paths, problem } = run.value.result();
  if (problem !== null) return err(problem.text);
  return ok(paths.reduce((most, path) => (path.count > most.count ? path : most)));
}
