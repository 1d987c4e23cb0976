import { err, ok, type Result } from '../base/result.ts';
import { bigHi, bigLo } from '../base/words.ts';
import { StateSet } from '../base/state.ts';
import { PathTable } from '../cost/paths.ts';
import { priceVector } from '../cost/price-vector.ts';
import type { CpuConfig } from '../cpu/config.ts';
import { Cpu } from '../cpu/cpu.ts';
import { CpuHardware } from '../cpu/hardware.ts';
import { Recorder } from '../events/recorder.ts';
import { GuestRegisters } from '../guest/registers.ts';
import type { SetupOp } from '../guest/setup.ts';
import { Kvm } from '../kvm/kvm.ts';
import { HostMemory } from '../memory/host-memory.ts';
import { Observation } from '../reference/observation.ts';
import { Reference } from '../reference/reference.ts';
import { type Chosen, choose } from './choose.ts';
import { Details } from './details.ts';
import { KernelSide } from './guest-kernel.ts';
import { applyRegisters, bootRegisters } from './guest-state.ts';
import { type GuestMemory, GuestTables } from './guest-tables.ts';
import { HostSide } from './host-side.ts';
import { HostView } from './host-view.ts';
import { type Layout, layOut } from './layout.ts';
import { Machine } from './machine.ts';
import { OtherVcpu, type OtherVcpuParts } from './other-vcpu.ts';
import { OtherVcpus } from './other-vcpus.ts';
import type { MachineOptions, MachineSettings } from './settings.ts';
import { Tracer } from './tracer.ts';
import { Vmm } from './vmm.ts';

/** Events kept of a traced access. */
const TRACE_EVENTS = 1 << 14;

/**
 * Builds a machine and does the script's set-up on it. Error numbers of KVM's are notes of the result; what contradicts itself, or
 * cannot be built, is a sentence.
 */
export function buildMachine(
  settings: MachineSettings,
  setup: readonly SetupOp[],
  options: MachineOptions,
): Result<Machine, string> {
  const chosen = choose(settings);
  if (!chosen.ok) return chosen;
  const layout = layOut(setup, chosen.value.design, chosen.value.policy.slots.userSlots);
  if (!layout.ok) return layout;
  const lacking = missingFeature(layout.value, chosen.value);
  if (lacking !== null) return err(lacking);
  const machine = assemble(chosen.value, layout.value, options);
  const problem = start(machine, layout.value);
  if (problem !== null) return err(problem);
  if (options.trace === null && (options.events ?? 0) > 0) machine.parts.events.on = true;
  return ok(machine);
}

function assemble(chosen: Chosen, layout: Layout, options: MachineOptions): Machine {
  const { model } = chosen;
  const state = new StateSet();
  const memory = new HostMemory();
  const prices = options.prices === undefined ? priceVector(model) : Float64Array.from(options.prices);
  const paths = new PathTable(prices);
  const hostPaths = new PathTable(prices);
  const recorded = options.trace === null ? (options.events ?? 0) : TRACE_EVENTS;
  const events = new Recorder(recorded, recorded > 0 ? paths : null);
  const registers = new GuestRegisters();
  const observation = new Observation();
  const fiveLevels = layout.mode === '5-level' && model.features.la57 && chosen.policy.tdp5Level;
  const levels = chosen.nestedLevels ?? (fiveLevels ? 5 : 4);
  const hostBits = chosen.cpu.maxphyaddr ?? model.geometry.maxphyaddr;
  const shadow = chosen.cpu.nested === 'none';
  // Addresses that four levels of nested tables can't name the guest does not have (CPUID.80000008H, GuestPhysBits).
  const config = { ...chosen.cpu, maxphyaddr: levels === 5 || shadow ? hostBits : Math.min(hostBits, 48) };
  const cpu = new Cpu({ geometry: model.geometry, memory, paths, events, registers, state, config });
  const kvm = new Kvm(
    {
      policy: chosen.policy,
      mmu: cpu.config.nested === 'none' ? 'shadow' : cpu.config.nested,
      vendor: cpu.config.vendor,
      nestedLevels: levels === 5 ? 5 : 4,
      mitigations: chosen.mitigations,
      xstate: chosen.xstate,
      vcpuType: layout.td ? 'td' : 'vmx',
      ...(layout.lapic ? { lapic: chosen.lapic } : {}),
      cpu: {
        maxphyaddr: hostBits,
        pml: model.features.pml,
        eptAd: cpu.config.eptAd,
        p1g: cpu.config.p1g,
        decodeAssists: model.features.decodeAssists,
        vpid: cpu.config.vpid,
      },
    },
    memory,
    hostPaths,
    events,
  );
  kvm.io.witness = options.check ? observation : null;
  if (options.irqchip === true) {
    kvm.irqchip.create(false);
    kvm.irqchip.createPit(true);
  }
  const vmm = new Vmm(options.check ? observation : null);
  vmm.ringToDrain = kvm.io.ring;
  const vcpu = kvm.createVcpu({ regs: registers, port: new CpuHardware(cpu), paths, userspace: vmm });
  let host: HostSide | null = null;
  const reference = options.check
    ? new Reference({
        maxPhyAddr: cpu.config.maxphyaddr,
        // Without nested paging KVM walks the guest's tables itself, and can always follow 1 GiB pages (kvm_set_cpu_caps).
        gbPages: shadow ? knowsNewFeatures(chosen) : cpu.config.p1g,
        eventfdName: (fd) => host?.eventfdName(fd) ?? `${fd}`,
      })
    : null;
  host = new HostSide(kvm, reference);
  registers.register(state);
  paths.register(state);
  hostPaths.register(state);
  const guestView = new HostView(kvm);
  const others: OtherVcpuParts[] = [];
  for (let id = 1; id < layout.vcpus; id++) {
    others.push(otherVcpu({ chosen, config, state, memory, prices, events, kvm, guestView, reference }));
  }
  kvm.register(state);
  vmm.register(state);
  reference?.register(state);
  const { doorbells } = layout;
  const parts = {
    state,
    memory,
    paths,
    events,
    registers,
    cpu,
    kvm,
    vcpu,
    vmm,
    host,
    guestView,
    observation,
    reference,
    doorbells,
  };
  const exits = new Float64Array(2048);
  const beside = others.length === 0 ? null : new OtherVcpus(others.map((other) => new OtherVcpu(other, exits)));
  const machine = new Machine({
    ...parts,
    model,
    hostPaths,
    others: beside,
    exits,
    hostCpus: chosen.hostCpus,
    ipiVirtualization: layout.lapic && chosen.lapic.ipiVirtualization,
  });
  host.others = beside;
  kvm.windows = beside;
  beside?.register(state);
  if (layout.kernel !== null) machine.kernel = new KernelSide(machine, layout.kernel, layout.code);
  if (options.details === true || (options.events ?? 0) > 0) {
    machine.details = new Details((options.events ?? 0) > 0);
    machine.details.register(state);
  }
  if (options.trace !== null) machine.tracer = new Tracer(options.trace, paths, events, () => cpu.flushHits());
  return machine;
}

interface Beside {
  readonly chosen: Chosen;
  readonly config: Partial<CpuConfig>;
  readonly state: StateSet;
  readonly memory: HostMemory;
  readonly prices: Float64Array;
  readonly events: Recorder;
  readonly kvm: Kvm;
  readonly guestView: HostView;
  readonly reference: Reference | null;
}

/** Another vCPU of the VM: silicon, registers and ledger of its own. */
function otherVcpu({
  chosen,
  config,
  state,
  memory,
  prices,
  events,
  kvm,
  guestView,
  reference,
}: Beside): OtherVcpuParts {
  const paths = new PathTable(prices);
  const registers = new GuestRegisters();
  const observation = new Observation();
  const { geometry } = chosen.model;
  const cpu = new Cpu({ geometry, memory, paths, events, registers, state, config });
  const vmm = new Vmm(reference === null ? null : observation);
  vmm.ringToDrain = kvm.io.ring;
  const vcpu = kvm.createVcpu({ regs: registers, port: new CpuHardware(cpu), paths, userspace: vmm });
  registers.register(state);
  paths.register(state);
  vmm.register(state);
  return { cpu, vcpu, registers, paths, observation, guestView, reference };
}

/** What the script asks of a CPU that does not have it, as a sentence; null when nothing. */
function missingFeature(layout: Layout, chosen: Chosen): string | null {
  const {
    model: { name, features },
    nestedLevels,
  } = chosen;
  if (layout.td && !chosen.tdx) return NO_TDX;
  const states = layout.registers.find(({ xcr0 }) => typeof xcr0 === 'number' && !validXcr0(xcr0, chosen.xstate.xcr0));
  if (states !== undefined)
    return `vm.registers: XCR0 0x${states.xcr0!.toString(16)} is none that a guest on ${name} can have: bit 0 is set in all, and the host has 0x${chosen.xstate.xcr0.toString(16)}`;
  const wants = (key: 'smep' | 'smap' | 'pke' | 'pcide'): boolean => layout.registers.some((op) => op[key] === true);
  const needs: readonly (readonly [boolean, boolean, string])[] = [
    [layout.mode === '5-level', features.la57, LA57],
    [nestedLevels === 5, features.la57, '5-level nested tables'],
    [wants('smep'), features.smep, 'SMEP'],
    [wants('smap'), features.smap, 'SMAP'],
    [wants('pke'), features.pku, PKE],
    [wants('pcide'), features.pcid, 'PCID'],
  ];
  const lacking = needs.find(([wanted, has]) => wanted && !has);
  if (lacking !== undefined) return `${name} has no ${lacking[2]}: choose another CPU, or leave it out of the script`;
  const hidden = needs.find(([wanted, , what]) => wanted && isHidden(what, chosen));
  return hidden === undefined ? null : `KVM hides ${hidden[2]} from this guest: leave it out of the script`;
}

/** What the CPU has and KVM does not show its guest (kvm_set_cpu_caps): protection keys under shadow paging, and what it does not know yet. */
function isHidden(feature: string, chosen: Chosen): boolean {
  if (!knowsNewFeatures(chosen)) return true;
  if (chosen.cpu.nested !== 'none') return false;
  return feature === PKE || (feature === LA57 && !chosen.policy.tdp5Level);
}

/** False with the kernels that have only shadow paging here: they are older than every feature a guest may ask for. */
const knowsNewFeatures = ({ policy }: Chosen): boolean => policy.nestedPaging === 'supported';

/** Bit 0 is set, and the host has every state. */
const validXcr0 = (xcr0: number, host: number): boolean => (xcr0 & 1) === 1 && (xcr0 & ~host) === 0;

const NO_TDX =
  'vm.td(): TDX needs EPT, Intel Sapphire Rapids or later, and Linux 6.16 or later; choose --cpu sapphire-rapids, --mmu ept and --kernel 6.18';
const PKE = 'protection keys';
const LA57 = '5-level paging (LA57)';

/** Does the set-up and starts the guest; a sentence when it cannot. */
function start(machine: Machine, layout: Layout): string | null {
  const { host, guestView, reference, registers, cpu, kvm, hostPaths } = machine.parts;
  for (const op of layout.host) host.apply(op, op.line ?? 0, machine.notes);
  let root = 0n;
  if (layout.mode !== 'none') {
    const { from, to } = layout.tables;
    if (!guestView.poke(from, new Uint8Array(1)))
      return `there is no RAM at 0x${from.toString(16)} for the guest's page tables`;
    const tables = new GuestTables(layout.mode, from, to, mirrored(guestView, reference));
    for (const op of layout.maps) {
      if (op.kind === 'unmap') tables.unmap(op.gva, op.size);
      else {
        const problem = tables.map(op);
        if (problem !== null) return problem;
      }
    }
    root = tables.root;
  }
  for (const op of layout.pokes) {
    if (!guestView.poke(op.gpa, op.bytes))
      return `vm.poke: nothing backs guest-physical address 0x${op.gpa.toString(16)}`;
    reference?.poke(op.gpa, op.bytes);
  }
  const others = machine.parts.others?.list.map(({ parts }) => parts) ?? [];
  for (const each of [{ registers, cpu }, ...others]) {
    bootRegisters(each.registers, layout.mode, root, layout.code);
    for (const op of layout.registers) applyRegisters(each.registers, op, kvm.xstate.xcr0);
    each.cpu.registersChanged();
  }
  for (const vcpu of kvm.vcpus) {
    vcpu.registersSet();
    vcpu.serveRequests();
  }
  kvm.started = true;
  hostPaths.forget();
  return null;
}

/** Writes that set up guest memory reach the machine and the reference alike. */
function mirrored(view: HostView, reference: Reference | null): GuestMemory {
  return {
    read: (gpa, bytes) => view.read(gpa, bytes),
    write: (gpa, bytes, value) => {
      view.write(gpa, bytes, value);
      if (bytes === 8) reference?.pokeEntry(bigHi(gpa), bigLo(gpa), bigHi(value), bigLo(value));
      else reference?.pokeWord(bigHi(gpa), bigLo(gpa), bigLo(value) | 0);
    },
  };
}
