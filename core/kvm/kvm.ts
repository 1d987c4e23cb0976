import type { StateSet } from '../base/state.ts';
import type { ExitFrame } from '../cost/exit-frame.ts';
import { hasRetpoline, type MitigationId } from '../cost/mitigations.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import type { Recorder } from '../events/recorder.ts';
import type { HostMemory } from '../memory/host-memory.ts';
import { EMULATOR_STAT } from './emulate/emulator.ts';
import { HostMm } from './host-mm.ts';
import { CoalescedZones } from './io/coalesced-zones.ts';
import { IoBusSet } from './io/io-bus-set.ts';
import { Ioeventfds } from './io/ioeventfd.ts';
import { Irqchip } from './io/irqchip.ts';
import { Memslots } from './memslots/memslots.ts';
import type { LockWatcher } from './locks.ts';
import { SLOT_FLAG } from './memslots/slot-table.ts';
import { GuestRam } from './mmu/guest-ram.ts';
import { NestedMmu } from './mmu/nested-mmu.ts';
import { createShadowMmu } from './mmu/create-shadow-mmu.ts';
import type { ShadowMmu } from './mmu/shadow-mmu.ts';
import { SlotChanges } from './mmu/slot-changes.ts';
import type { KvmPolicy } from './policy.ts';
import type { IpiPort } from './lapic/ipi-port.ts';
import { fastpathKinds } from './run-loop/fastpath.ts';
import { type HostXstate, NO_XSTATE } from './run-loop/xstate.ts';
import { createStats, STAT, type StatName, statsByName } from './stats.ts';
import { Vcpu, type VcpuParts } from './vcpu.ts';
import type { WindowWatcher } from './windows.ts';

/** What KVM finds in the CPU and decides at module load. */
export interface KvmConfig {
  readonly policy: KvmPolicy;
  /** Nested paging of one vendor or the other, or shadow tables (ept=0, npt=0). */
  readonly mmu: 'ept' | 'npt' | 'shadow';
  /** Which of VMX and SVM the CPU has. */
  readonly vendor: 'intel' | 'amd';
  /** Levels of the nested tables. Default 4. */
  readonly nestedLevels?: 4 | 5;
  readonly mitigations: readonly MitigationId[];
  /** Decode assists hand over no bytes (an erratum with SMAP). Default false. */
  readonly emptyInsnBuffer?: boolean;
  /** The host's XCR0, XSS and PKRU. Default: nothing of that kind. */
  readonly xstate?: HostXstate;
  /** An in-kernel local APIC for each vCPU, in x2APIC mode. Absent: none. */
  readonly lapic?: {
    /** APICv with posted interrupts, or AVIC. */
    readonly apicv: boolean;
    /** The VMX preemption timer serves the guest's deadlines; an hrtimer of the host otherwise. */
    readonly hvTimer: boolean;
  };
  /** What the vCPUs are: of an ordinary VM, or of a TD (TDX; Intel). Default vmx. */
  readonly vcpuType?: 'vmx' | 'td';
  readonly cpu: {
    /** Physical address bits of the host. */
    readonly maxphyaddr: number;
    readonly pml: boolean;
    readonly eptAd: boolean;
    readonly p1g: boolean;
    readonly decodeAssists: boolean;
    /** VPID is on (Intel). Default true. */
    readonly vpid?: boolean;
  };
  /** KVM_SET_NR_MMU_PAGES: shadow pages of the VM at most. Default: 2 % of the pages of all memslots, at least 64. */
  readonly mmuPages?: number;
}

/** One virtual machine: its memslots, buses, nested tables and vCPUs (struct kvm). */
export class Kvm {
  readonly config: KvmConfig;
  readonly policy: KvmPolicy;
  readonly memory: HostMemory;
  readonly hostMm: HostMm;
  readonly io: IoBusSet;
  readonly irqchip: Irqchip;
  readonly ioeventfds: Ioeventfds;
  readonly zones: CoalescedZones;
  readonly slots: Memslots;
  /** Nested tables; under shadow paging they exist and nobody uses them. */
  readonly mmu: NestedMmu;
  /** Null with nested paging. */
  readonly shadow: ShadowMmu | null;
  readonly ram: GuestRam;
  readonly recorder: Recorder;
  readonly vcpus: Vcpu[] = [];
  readonly stats = createStats();
  /** Ledger of what the host does beside the vCPUs (ioctls, MMU notifiers); none of the vCPUs' own. */
  readonly hostPaths: PathTable;
  /** MMIO SPTEs are in use. */
  readonly mmioCaching: boolean;
  /** Pages of read-only slots get reserved SPTEs (the `write-mostly` design). */
  readonly writeMostlyRegions: boolean;
  /** A not-present SPTE may be an access-tracked one. */
  readonly accessTracked: boolean;
  readonly isIntel: boolean;
  readonly xstate: HostXstate;
  readonly fastpathKinds: Uint8Array;
  /** Guest XCR0 is loaded once and kept (to 4.5). */
  readonly keepsXcr0: boolean;
  /** Nothing but the epilogue stands between a handler and the entry: no shadow tables to serve, no events, no XCR0 to keep. */
  readonly plainEntries: boolean;
  readonly apicv: boolean;
  readonly hvTimer: boolean;
  /** Where IPIs go; null: into the target's APIC at once. */
  ipis: IpiPort | null = null;
  readonly fastMmioOnMisconfig: boolean;
  /** A fast kick is skipped by decoding: this host is a guest itself, and its kernel knows. */
  readonly skipsByDecode: boolean;
  /** Event delivery is looked at when the exit is handled (and not by the emulator). */
  readonly checksVectoringAtExit: boolean;
  /** IN goes past the emulator. */
  readonly fastPioIn: boolean;
  /** The CPU hands over the instruction's bytes with a nested page fault. */
  readonly suppliesBytes: boolean;
  /** The CPU hands over an empty buffer and this kernel re-enters for that, for ever. */
  readonly reentersOnEmptyBuffer: boolean;
  /** Vcpus are running: kicks and flushes reach them as exits. Set by the machine when the guest starts. */
  started = false;
  /** Told of the places where another vCPU can run; null where nobody asks. */
  windows: WindowWatcher | null = null;
  /** Told of locks and grace periods, and serves what is asked of vCPUs when their turn comes; null while one vCPU runs at a time. */
  locks: LockWatcher | null = null;
  readonly slotChanges: SlotChanges;
  private searchSteps = 0;
  private readonly frame: ExitFrame;
  private readonly obsoleteRoots: number[] = [];
  private readonly logging = new Int32Array(1);

  constructor(config: KvmConfig, memory: HostMemory, hostPaths: PathTable, recorder: Recorder) {
    const { cpu, policy } = config;
    this.config = config;
    this.policy = policy;
    this.memory = memory;
    this.hostPaths = hostPaths;
    this.recorder = recorder;
    this.hostMm = new HostMm(memory);
    this.io = new IoBusSet(policy.io, recorder);
    this.io.retpolines = hasRetpoline(config.mitigations);
    this.irqchip = new Irqchip(this.io);
    this.ioeventfds = new Ioeventfds(this.io);
    this.zones = new CoalescedZones(this.io);
    const nested = config.mmu === 'ept' ? 'ept' : 'npt';
    this.mmu = new NestedMmu(memory, { mmu: nested, levels: config.nestedLevels ?? 4, ...cpu }, this.stats);
    this.slotChanges = new SlotChanges(this);
    this.slots = new Memslots({ ...policy.slots, maxGfn: 2 ** (cpu.maxphyaddr - 12) - 1 }, this.slotChanges);
    this.ram = new GuestRam(this.slots, this.hostMm, memory);
    this.shadow = config.mmu === 'shadow' ? createShadowMmu(this) : null;
    this.mmioCaching = policy.mmioCaching && this.mmu.canMarkMmio;
    this.writeMostlyRegions = policy.readOnlySlotSpte === 'reserved-write-mostly' && this.mmioCaching;
    this.accessTracked = policy.accessTracking && !this.mmu.accessedBits;
    this.isIntel = config.vendor === 'intel';
    this.xstate = config.xstate ?? NO_XSTATE;
    this.fastpathKinds = fastpathKinds(policy, this.isIntel);
    this.keepsXcr0 = policy.xcr0 === 'lazy';
    this.apicv = config.lapic?.apicv ?? false;
    this.plainEntries = this.shadow === null && config.lapic === undefined && !this.keepsXcr0;
    this.hvTimer = this.isIntel && (config.lapic?.hvTimer ?? false);
    this.fastMmioOnMisconfig = policy.fastMmioOnEptMisconfig;
    this.skipsByDecode = policy.underHypervisor && policy.fastMmioSkip === 'decode-under-hypervisor';
    this.checksVectoringAtExit = policy.vectoringCheck === 'at-exit';
    this.fastPioIn = policy.fastPioIn === 'all' || (policy.fastPioIn === 'amd' && !this.isIntel);
    this.suppliesBytes = policy.usesInsnBytes && !this.isIntel && cpu.decodeAssists && config.emptyInsnBuffer !== true;
    this.reentersOnEmptyBuffer =
      !this.isIntel && cpu.decodeAssists && config.emptyInsnBuffer === true && policy.emptyInsnBufferReenters;
    this.frame = {
      vendor: this.isIntel ? 'intel' : 'amd',
      xcr0: policy.xcr0,
      pkru: policy.pkru,
      slotsGuard: policy.slotsGuard,
      ops: policy.ops,
      mitigations: config.mitigations,
    };
  }

  register(state: StateSet): void {
    this.io.register(state);
    this.slots.register(state);
    this.hostMm.register(state);
    this.mmu.register(state);
    this.shadow?.register(state);
    state.addState(() => [this.logging]);
    state.addCounters(() => [this.stats]);
    for (const vcpu of this.vcpus) vcpu.register(state);
  }

  /** KVM_CREATE_VCPU; the nested root is loaded at once, a shadow root by `registersSet`. Call `register` after the last one. */
  createVcpu(parts: VcpuParts): Vcpu {
    const vcpu = new Vcpu(this, this.vcpus.length, parts, this.frame);
    this.vcpus.push(vcpu);
    if (this.shadow !== null) this.shadow.addVcpu(vcpu);
    else vcpu.loadRoot();
    vcpu.setPml(this.logsByPml);
    return vcpu;
  }

  /** Memslot generation as MMIO SPTEs keep it, of address space 0. */
  mmioGeneration(): number {
    const { generations, policy } = this.slots;
    return generations.storedMmio(0) >> policy.generation.mmioDroppedBits;
  }

  /** Low word of the memslot generation, which the vCPUs' MMIO caches compare. */
  generationWord(): number {
    return this.slots.generations.words[0]!;
  }

  /** Dirty pages are logged by the CPU. */
  get logsByPml(): boolean {
    return this.logging[0] !== 0;
  }

  /** Turns page-modification logging on with the first slot that logs, and off with the last. */
  updateDirtyLogging(): void {
    const { flags, pages } = this.slots.table;
    const logs = flags.some((flag, row) => pages[row]! > 0 && (flag & SLOT_FLAG.LOG_DIRTY) !== 0);
    const { cpu, mmu } = this.config;
    // enable_pml needs the D bits of the EPT.
    const wanted = logs && this.policy.pml && cpu.pml && cpu.eptAd && mmu === 'ept';
    if (wanted === this.logsByPml) return;
    this.logging[0] = wanted ? 1 : 0;
    for (const vcpu of this.vcpus) vcpu.setPml(wanted);
  }

  /** An IPI, decided on by the sender's exit. */
  sendIpi(from: number, to: number, vector: number): void {
    if (this.ipis !== null) this.ipis.send(from, to, vector);
    else this.vcpus[to]?.deliverInterrupt(vector);
  }

  /** A vCPU is at a place where another one can run: see windows.ts. */
  passWindow(window: number, vcpu: Vcpu): void {
    if (this.windows !== null) this.windows.passes(window, vcpu);
  }

  /** The root becomes obsolete; vCPUs reload when they are kicked. */
  invalidateRoot(): void {
    const root = this.mmu.takeRoot();
    if (root !== 0) this.obsoleteRoots.push(root);
    for (const vcpu of this.vcpus) vcpu.requestReload();
  }

  /** Frees the obsolete roots that no vCPU uses any more; the host pays for zapping what is in them. */
  freeObsoleteRoots(): void {
    for (const root of this.obsoleteRoots.splice(0)) {
      if (this.vcpus.some((vcpu) => vcpu.root === root)) this.obsoleteRoots.push(root);
      else this.hostPaths.addMany(STEP.kvm_mmu_zap_spte, this.mmu.freeTree(root));
    }
  }

  /** Every SPTE that maps a guest frame in [from, to) goes. Returns how many; the caller flushes. */
  zapMapped(from: number, to: number): number {
    return this.shadow === null ? this.mmu.zapLeaves(from, to) : this.shadow.zapRange(from, to);
  }

  /** kvm_flush_remote_tlbs: every vCPU drops what it has cached of the nested tables before it goes on. */
  flushRemoteTlbs(): void {
    this.hostPaths.add(STEP.kvm_flush_remote_tlbs);
    this.stats[STAT.remote_tlb_flush]!++;
    for (const vcpu of this.vcpus) vcpu.requestFlush();
  }

  /** A fault replaced a present entry: the faulting vCPU flushes before its entry, the others are kicked. */
  flushAfterReplacement(cause: Vcpu): void {
    cause.paths.add(STEP.kvm_flush_remote_tlbs);
    this.stats[STAT.remote_tlb_flush]!++;
    for (const vcpu of this.vcpus) vcpu.flushNow(vcpu === cause);
  }

  /**
   * kvm_flush_remote_tlbs under shadow paging, from a vCPU that is out of the guest: every vCPU is to flush before its next entry. Others that run
   * are kicked; this one flushes with `Vcpu.flushNow` when its requests are served.
   */
  requestFlushFrom(cause: Vcpu): void {
    cause.paths.add(STEP['kvm_flush_remote_tlbs.request']);
    this.stats[STAT.remote_tlb_flush]!++;
    for (const vcpu of this.vcpus) {
      if (vcpu === cause) continue;
      if (this.started) cause.paths.add(STEP.kvm_make_all_cpus_request);
      vcpu.requestFlush();
    }
  }

  /** kvm_make_all_cpus_request: one IPI for each running vCPU. */
  kickAll(): void {
    if (!this.started) return;
    this.hostPaths.addN(STEP.kvm_make_all_cpus_request, this.vcpus.length);
    for (const vcpu of this.vcpus) vcpu.requestKick();
  }

  /** Steps of the binary search for a memslot among those there are. */
  slotSearchSteps(): number {
    return this.searchSteps;
  }

  /** Called after every change of the memslots. */
  countSlots(): void {
    const { pages, space } = this.slots.table;
    const slots = pages.filter((length, row) => length > 0 && space[row] === 0).length;
    this.searchSteps = Math.ceil(Math.log2(slots + 1));
  }

  /** KVM's statistics, those of the vCPUs' emulators included. */
  statsByName(): Record<StatName, number> {
    const stats = statsByName(this.stats);
    for (const { emulator } of this.vcpus) {
      for (const [name, at] of Object.entries(EMULATOR_STAT)) stats[name as StatName] += emulator.stat[at]!;
    }
    return stats;
  }
}
