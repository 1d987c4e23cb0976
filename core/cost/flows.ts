import { exitEpilogue, exitPrologue, skipByLength } from './exit-frame.ts';
import { hasRetpoline } from './mitigations.ts';
import { stepList } from './step-list.ts';
import type { ExitFrame } from './exit-frame.ts';
import type { StepCount } from './paths.ts';

/**
 * Seven exits written out by hand as step lists, each in its steady state (page touched before, MMIO cache warm, doorbell loop hot). The
 * CPU models are scaled against them, and the figures of pci-testdev are fitted and predicted with them. The machine takes the same
 * steps by itself; where the two differ, the machine is right and a list here is to be mended.
 */
export interface FlowSetting {
  readonly frame: ExitFrame;
  /** The skip looks at RFLAGS.TF (from 4.10). */
  readonly trapFlag: boolean;
  /** The emulator takes the operand's GPA from the exit (from 4.14); before, it walked the guest's tables for it. */
  readonly exitGpaUsed: boolean;
  /** EPT misconfigurations ask the FAST_MMIO bus first (from 3.15). */
  readonly fastMmio: boolean;
}

/** Compares of kvm_io_bus_write(): bsearch, look to the left, first device offered. */
const COMPARES = {
  /** Two PICs, ELCR, PIT, speaker, and the doorbell above them. */
  portHit: 4,
  /** The same five without a doorbell. */
  portMiss: 2,
  /** A coalesced zone below, the I/O APIC above the doorbell. */
  mmioHit: 3,
  mmioMiss: 2,
  /** The doorbell alone on FAST_MMIO. */
  fastHit: 2,
  /** FAST_MMIO empty. */
  fastMiss: 0,
};

/** Guest page-table levels the emulator walks in software, and its calls through ops pointers. Estimate of the calls: reading 4.15. */
const GUEST_LEVELS = 4;
const EMULATOR_CALLS = 10;

/** VMCALL or VMMCALL: the cheapest exit with a handler. */
export function vmcallFlow({ frame, trapFlag }: FlowSetting): StepCount[] {
  return [
    ...stepList('guest.vmcall'),
    ...exitPrologue(frame),
    ...stepList('kvm_emulate_hypercall'),
    ...skipByLength(frame.vendor, trapFlag),
    ...exitEpilogue(frame),
  ];
}

/** F17: OUT taken by an ioeventfd. With a datamatch or without, the steps are the same. */
export function portKickFlow({ frame, trapFlag }: FlowSetting): StepCount[] {
  return [
    ...portExit(frame),
    ...busHit(frame, COMPARES.portHit),
    ...skipByLength(frame.vendor, trapFlag),
    ...exitEpilogue(frame),
  ];
}

/** F18: OUT that no device takes. `skip` before or after the exit to userspace costs the same. */
export function portToUserspaceFlow({ frame, trapFlag }: FlowSetting): StepCount[] {
  return [
    ...portExit(frame),
    ...stepList('kvm_io_bus_write', ['kvm_io_bus_cmp', COMPARES.portMiss]),
    ...stepList('kvm_vcpu_ioctl.return', 'userspace.dispatch_pio', 'kvm_vcpu_ioctl.entry'),
    ...skipByLength(frame.vendor, trapFlag),
    ...exitEpilogue(frame, { flushL1d: true }),
  ];
}

/** F1: store taken by a zero-length ioeventfd in the EPT misconfiguration handler. */
export function fastKickFlow({ frame, trapFlag }: FlowSetting): StepCount[] {
  return [
    ...mmioExit(frame),
    ...busHit(frame, COMPARES.fastHit),
    ...skipByLength(frame.vendor, trapFlag),
    ...exitEpilogue(frame),
  ];
}

/** F3: store emulated and taken by an ioeventfd on the MMIO bus. */
export function mmioKickFlow(setting: FlowSetting): StepCount[] {
  const { frame } = setting;
  return [
    ...emulatedStore(setting),
    ...busHit(frame, COMPARES.mmioHit),
    ...stepList('emulator_commit'),
    ...exitEpilogue(frame, { flushL1d: true }),
  ];
}

/** F4: store emulated and completed by userspace. */
export function mmioToUserspaceFlow(setting: FlowSetting): StepCount[] {
  const { frame } = setting;
  return [
    ...emulatedStore(setting),
    ...stepList('kvm_io_bus_write', ['kvm_io_bus_cmp', COMPARES.mmioMiss], 'mmio_fragment', 'emulator_commit'),
    ...stepList('kvm_vcpu_ioctl.return', 'userspace.dispatch_mmio', 'kvm_vcpu_ioctl.entry', 'complete_emulated_mmio'),
    ...exitEpilogue(frame, { flushL1d: true }),
  ];
}

/** IN emulated and taken by a device in the kernel, as KVM did it before fast IN: `inl_from_kernel` of vmexit.flat. */
export function emulatedPortReadFlow({ frame }: FlowSetting): StepCount[] {
  return [
    ...stepList('guest.in'),
    ...exitPrologue(frame),
    ...stepList('handle_io', 'hw.vmread'),
    ...emulatorEntered(frame),
    ...stepList('x86_emulate_insn', 'emulator_pio_in_out', 'kvm_io_bus_write', ['kvm_io_bus_cmp', COMPARES.portHit]),
    ...stepList('kvm_iodevice_write', 'emulator_commit'),
    ...exitEpilogue(frame, { flushL1d: true }),
  ];
}

function portExit(frame: ExitFrame): StepCount[] {
  const information = frame.vendor === 'intel' ? 'hw.vmread' : 'hw.vmcb_access';
  return [...stepList('guest.out'), ...exitPrologue(frame), ...stepList('handle_io', information, 'kvm_fast_pio')];
}

/** The store, its re-walk (a guest leaf and the misconfigured EPT leaf; upper levels cached), and the handler with the GPA. */
function mmioExit(frame: ExitFrame): StepCount[] {
  return [
    ...stepList('guest.write', 'walk.fixed', 'walk.psc_probe', 'walk.guest_l1', 'walk.nested_l1'),
    ...exitPrologue(frame),
    ...(frame.vendor === 'intel'
      ? stepList('handle_ept_misconfig', 'hw.vmread')
      : stepList('npf_interception', ['hw.vmcb_access', 2])),
  ];
}

function emulatedStore(setting: FlowSetting): StepCount[] {
  const { frame, exitGpaUsed, fastMmio } = setting;
  return [
    ...mmioExit(frame),
    ...(fastMmio ? stepList('kvm_io_bus_write', ['kvm_io_bus_cmp', COMPARES.fastMiss], 'kvm_mmu_page_fault') : []),
    ...stepList('handle_mmio_page_fault'),
    ...emulatorEntered(frame),
    ...stepList('x86_emulate_insn', 'emulator_read_write', 'emulator_read_write_onepage', 'vcpu_mmio_gva_to_gpa'),
    ...stepList(['paging64_walk_addr', exitGpaUsed ? 0 : GUEST_LEVELS], 'vcpu_mmio_write'),
  ];
}

function emulatorEntered(frame: ExitFrame): StepCount[] {
  return stepList(
    'x86_emulate_instruction',
    ['mitigation.retpoline', hasRetpoline(frame.mitigations) ? EMULATOR_CALLS : 0],
    'x86_decode_insn.fetch',
    ['paging64_walk_addr', GUEST_LEVELS],
    'x86_decode_insn',
  );
}

function busHit(frame: ExitFrame, compares: number): StepCount[] {
  return stepList(
    'kvm_io_bus_write',
    ['kvm_io_bus_cmp', compares],
    ['mitigation.retpoline', hasRetpoline(frame.mitigations) ? 1 : 0],
    'kvm_iodevice_write',
    'ioeventfd_write',
    'eventfd_signal',
  );
}
