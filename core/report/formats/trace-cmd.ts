import { wordsToBig } from '../../base/words.ts';
import { EVENT_ROWS } from '../../events/kinds.ts';
import type { EventColumns } from '../../events/recorder.ts';
import type { PricedRun } from '../../experiment/priced-run.ts';
import { exitName } from '../../machine/exit-names.ts';
import type { ScenarioView } from '../view.ts';

/** A run with the events that were kept of it. */
export interface TracedRun extends PricedRun {
  readonly events: EventColumns;
}

interface Fields {
  readonly args: readonly number[];
  readonly vendor: 'intel' | 'amd';
}

const hex = (value: number, digits = 0): string => `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
const word = (hi: number, lo: number, digits = 0): string =>
  `0x${wordsToBig(hi, lo).toString(16).padStart(digits, '0')}`;
const bare = (hi: number, lo: number): string => wordsToBig(hi, lo).toString(16);

const MMIO = ['unsatisfied-read', 'read', 'write'];
/** include/uapi/linux/kvm.h */
const EXIT_REASONS: Readonly<Record<number, string>> = {
  2: 'KVM_EXIT_IO',
  6: 'KVM_EXIT_MMIO',
  17: 'KVM_EXIT_INTERNAL_ERROR',
};

/**
 * Bodies as TP_printk writes them in v7.0 (include/trace/events/kvm.h, arch/x86/kvm/trace.h, arch/x86/kvm/mmu/mmutrace.h). What the model does not have is 0: the
 * guest's instruction pointer, the bytes of its instructions, values, and host pointers.
 */
const BODIES: Readonly<Record<string, (fields: Fields) => string>> = {
  kvm_entry: () => 'vcpu 0, rip 0x0 intr_info 0x00000000 error_code 0x00000000',
  kvm_exit: ({ args: [reason = 0, info = 0, hi = 0, lo = 0], vendor }) =>
    `vcpu 0 reason ${exitName(vendor, reason & 2047)} rip 0x0 info1 ${word(0, info, 16)} info2 ${vendor === 'amd' ? word(hi, lo, 16) : word(0, 0, 16)} ` +
    'intr_info 0x00000000 error_code 0x00000000 requests 0x0000000000000000',
  kvm_page_fault: ({ args: [code = 0, , hi = 0, lo = 0] }) =>
    `vcpu 0 rip 0x0 address ${word(hi, lo, 16)} error_code ${hex(code)}`,
  kvm_fast_mmio: ({ args: [, , hi = 0, lo = 0] }) => `fast mmio at gpa ${word(hi, lo)}`,
  kvm_mmio: ({ args: [direction = 0, len = 0, hi = 0, lo = 0] }) =>
    `mmio ${MMIO[direction] ?? 'read'} len ${len} gpa ${word(hi, lo)} val 0x0`,
  kvm_pio: ({ args: [direction = 0, size = 0, port = 0, count = 0] }) =>
    `pio_${direction === 1 ? 'write' : 'read'} at ${hex(port)} size ${size} count ${count} val 0x0 ${count > 1 ? '(...)' : ''}`,
  kvm_emulate_insn: ({ args: [failed = 0] }) => `0:0: (prot64)${failed === 1 ? ' failed' : ''}`,
  kvm_userspace_exit: ({ args: [reason = 0] }) => `reason ${EXIT_REASONS[reason] ?? 'KVM_EXIT_UNKNOWN'} (${reason})`,
  handle_mmio_page_fault: ({ args: [lo = 0, hi = 0] }) =>
    `addr:${bare((hi << 12) | (lo >>> 20), lo << 12)} gfn ${bare(hi, lo)} access 7`,
  mark_mmio_spte: ({ args: [lo = 0, hi = 0, generation = 0] }) =>
    `sptep:0000000000000000 gfn ${bare(hi, lo)} access 7 gen ${(generation >>> 0).toString(16)}`,
  check_mmio_spte: ({ args: [wanted = 0, kept = 0, valid = 0] }) =>
    `spte 0 kvm_gen ${(wanted >>> 0).toString(16)} spte-gen ${(kept >>> 0).toString(16)} valid ${valid}`,
  kvm_mmu_set_spte: ({ args: [level = 0, , hi = 0, lo = 0] }) => {
    const rights = `${lo & 1 ? 'r' : '-'}${lo & 2 ? 'w' : '-'}${lo & 4 ? 'x' : '-'}`;
    return `gfn 0 spte ${bare(hi, lo)} (${rights}-) level ${level} at 0`;
  },
  kvm_mmu_zap_all_fast: () => 'kvm-mmu-valid-gen 0 used_pages 0',
  kvm_mmu_pagetable_walk: ({ args: [code = 0, , hi = 0, lo = 0] }) =>
    `addr ${bare(hi, lo)} pferr ${(code >>> 0).toString(16)} ${faultFlags(code)}`,
  kvm_mmu_walker_error: ({ args: [code = 0] }) => `pferr ${(code >>> 0).toString(16)} ${faultFlags(code)}`,
  kvm_inj_exception: ({ args: [vector = 0, code = 0] }) =>
    vector === 14 ? `#PF (0x${(code >>> 0).toString(16)})` : `#${vector} (0x${(code >>> 0).toString(16)})`,
};

/** SDM vol. 3, "Page-fault exceptions". */
const FAULT_FLAGS = ['P', 'W', 'U', 'RSVD', 'F'];
const faultFlags = (code: number): string => FAULT_FLAGS.filter((_, bit) => (code >> bit) & 1).join('|');

/** Seconds with nanoseconds, as `trace-cmd report -t` has them. */
const seconds = (cycles: number, ghz: number): string => (cycles / ghz / 1e9).toFixed(9).padStart(19);

/**
 * The last events of runs as `trace-cmd report -t` prints them, a configuration a CPU, in the order of the simulated clock. KVM's tracepoints alone: what the
 * silicon did has none. A remark says what is not there.
 */
export function traceCmdText({ title, file }: ScenarioView, runs: readonly TracedRun[], version: string): string {
  const lines = runs.flatMap(({ events, model }, cpu) =>
    [...events.kind].flatMap((kind, n) => {
      const name = EVENT_ROWS[kind]![0];
      const body = BODIES[name]?.({ args: [...events.args.subarray(n * 4, n * 4 + 4)], vendor: model.vendor });
      if (body === undefined) return [];
      const cycles = events.cycles[n]!;
      const place = `[${String(cpu).padStart(3, '0')}]`;
      const text = `         exitlab-${String(cpu + 1).padEnd(5)} ${place} ${seconds(cycles, model.ghz)}: ${`${name}:`.padEnd(22)} ${body}`;
      return [{ at: cycles / model.ghz, text }];
    }),
  );
  lines.sort((one, other) => one.at - other.at);
  return [
    `# ${title}: ${file}, simulated by exitlab ${version}.`,
    '# Time is the simulated clock by best prices, from the start of each run. rip, values, instruction bytes and pointers are not modelled and stand as 0.',
    ...runs.map(
      ({ result: { configuration }, model, events }, cpu) =>
        `# cpu ${cpu}: ${configuration.name}, seed ${configuration.seed}, on ${model.name}, ${model.ghz} GHz` +
        (events.dropped > 0 ? `; ${events.dropped} earlier events were not kept` : ''),
    ),
    `cpus=${runs.length}`,
    ...lines.map(({ text }) => text),
    '',
  ].join('\n');
}
