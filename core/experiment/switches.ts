import { unknownName } from '../base/closest.ts';
import { err, ok, type Result } from '../base/result.ts';

/** A rule of the silicon on which sources disagree or are silent, so that a user can set it. */
interface SwitchRow {
  readonly name: string;
  readonly kind: 'boolean' | 'number';
  /** The default in words; some depend on the CPU model. */
  readonly default: string;
  readonly what: string;
  /** Least and greatest value of a number; default 0 and 65536. */
  readonly range?: readonly [least: number, most: number];
}

export const SWITCHES: readonly SwitchRow[] = [
  {
    name: 'eptViolationDropsPsc',
    kind: 'boolean',
    default: 'true',
    what: 'an EPT violation also drops paging-structure cache entries used for the address',
  },
  {
    name: 'npfDropsTranslation',
    kind: 'boolean',
    default: 'true',
    what: 'a nested page fault drops what was cached on its way',
  },
  { name: 'nripOnNpf', kind: 'boolean', default: 'false', what: 'the VMCB holds the next RIP on a nested page fault' },
  {
    name: 'misconfigFillsInsnLen',
    kind: 'boolean',
    default: 'true, false under a hypervisor',
    what: 'the CPU fills the instruction length on an EPT misconfiguration',
  },
  {
    name: 'walkerLoadsThroughL1D',
    kind: 'boolean',
    default: 'true',
    what: 'the page walker loads through the first-level data cache',
  },
  {
    name: 'tlbRightsMissRewalks',
    kind: 'boolean',
    default: 'true',
    what: 'a TLB entry without the right asked for is walked again before the fault',
  },
  { name: 'dataCache', kind: 'boolean', default: 'false', what: 'data accesses go through the cache model too' },
  { name: 'eptAD', kind: 'boolean', default: 'of the CPU', what: 'EPT accessed and dirty bits' },
  { name: 'mmioCaching', kind: 'boolean', default: 'true', what: "KVM's module parameter mmio_caching" },
  { name: 'maxphyaddr', kind: 'number', default: 'of the CPU', what: 'bits of physical address', range: [32, 52] },
  {
    name: 'apicv',
    kind: 'boolean',
    default: 'of CPU and kernel',
    what: 'APICv with posted interrupts, or AVIC, for the in-kernel local APIC (vm.lapic)',
  },
  {
    name: 'ipiVirtualization',
    kind: 'boolean',
    default: 'false; Linux has it on from 6.0 where Intel CPUs can, and AVIC always does it',
    what: 'the CPU sends IPIs among the vCPUs of cpu.together() by itself (module parameter enable_ipiv; AVIC), with apicv',
  },
  {
    name: 'hvTimer',
    kind: 'boolean',
    default: 'true on Intel from 4.7',
    what: 'the VMX preemption timer serves guest deadlines (module parameter preemption_timer); an hrtimer otherwise',
  },
  {
    name: 'hostXss',
    kind: 'number',
    default: '0',
    what: 'IA32_XSS of the host, such as 2048 (CET_U) with user shadow stacks: guests have 0 unless they write it',
    range: [0, 2 ** 31 - 1],
  },
  {
    name: 'hostCpus',
    kind: 'number',
    default: '0: one for each vCPU',
    what: 'host CPUs that the vCPUs of cpu.together() share, by one run queue; threads of the VMM have CPUs of their own',
    range: [0, 256],
  },
  {
    name: 'hostSliceUs',
    kind: 'number',
    default: '2800, sysctl_sched_base_slice of 8 CPUs or more',
    what: 'microseconds after which the scheduler of the host gives a CPU to a vCPU that waits for it (with hostCpus)',
    range: [1, 1_000_000],
  },
  {
    name: 'pscEntries',
    kind: 'number',
    default: 'of the CPU',
    what: 'entries of each split paging-structure cache, or of the unified one; 0 for none',
  },
  { name: 'nestedTlbEntries', kind: 'number', default: 'of the CPU', what: 'entries of the nested TLB' },
  {
    name: 'nestedLevels',
    kind: 'number',
    default: '5 for a guest with 5-level paging where CPU and kernel can, else 4',
    what: 'levels of the EPT or NPT',
    range: [4, 5],
  },
  {
    name: 'evictEvery',
    kind: 'number',
    default: '0 (never)',
    what: 'every so many accesses a TLB entry is dropped at random',
    range: [0, 2 ** 31 - 1],
  },
];

/** The switches given, checked for name and type; booleans and numbers may come as text from a command line. */
export function checkSwitches(
  given: Readonly<Record<string, boolean | number | string>>,
): Result<Record<string, boolean | number>, string> {
  const checked: Record<string, boolean | number> = {};
  for (const [name, value] of Object.entries(given)) {
    const row = SWITCHES.find((s) => s.name === name);
    if (row === undefined) {
      return err(
        unknownName(
          'switch',
          name,
          SWITCHES.map((s) => s.name),
        ),
      );
    }
    const parsed = parse(row, value);
    if (parsed === null) return err(`switch ${name} takes ${takes(row)}, not '${value}'`);
    checked[name] = parsed;
  }
  return ok(checked);
}

const rangeOf = ({ range = [0, 65536] }: SwitchRow): readonly [number, number] => range;

function takes(row: SwitchRow): string {
  const [least, most] = rangeOf(row);
  return row.kind === 'boolean' ? 'true or false' : `a whole number from ${least} to ${most}`;
}

function parse(row: SwitchRow, value: boolean | number | string): boolean | number | null {
  if (row.kind === 'boolean') {
    if (typeof value === 'boolean') return value;
    return value === 'true' || value === 'on' ? true : value === 'false' || value === 'off' ? false : null;
  }
  const [least, most] = rangeOf(row);
  const number = typeof value === 'string' ? (value === '' ? Number.NaN : Number(value)) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most ? number : null;
}
