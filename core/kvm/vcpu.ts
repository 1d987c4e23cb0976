import type { StateSet } from '../base/state.ts';
import type { ExitFrame } from '../cost/exit-frame.ts';
import type { PathTable } from '../cost/paths.ts';
import { STEP } from '../cost/steps.ts';
import { EVENT } from '../events/kinds.ts';
import type { Recorder } from '../events/recorder.ts';
import type { Instruction } from '../guest/instruction.ts';
import { type GuestRegisters, REG } from '../guest/registers.ts';
import type { VmExit } from '../spec/vm-exit.ts';
import { Emulator } from './emulate/emulator.ts';
import { VcpuIo } from './emulate/vcpu-io.ts';
import { VcpuEmulatorPort } from './exits/emulator-port.ts';
import { dispatch } from './exits/table.ts';
import type { HardwarePort } from './hardware-port.ts';
import type { Kvm } from './kvm.ts';
import { LocalApic } from './lapic/local-apic.ts';
import { GuestWalk } from './mmu/guest-walk.ts';
import { MmioCache } from './mmu/mmio-cache.ts';
import { InjectedFault, KVM_ERROR, KVM_HALTED, KVM_NEXT, type KvmErrorId } from './outcome.ts';
import { RunLoopBlocks } from './run-loop/blocks.ts';
import { FASTPATH, handleFastpath, takesFastpath } from './run-loop/fastpath.ts';
import { EventInjection } from './run-loop/inject-events.ts';
import { loadGuestXcr0, putGuestXcr0 } from './run-loop/lazy-xcr0.ts';
import { swapsNothing, swapWord } from './run-loop/xstate.ts';
import { drainPml } from './run-loop/pml.ts';
import { STAT } from './stats.ts';
import type { UserspacePort } from './userspace-port.ts';

/** What a vCPU is joined with. */
export interface VcpuParts {
  readonly regs: GuestRegisters;
  readonly port: HardwarePort;
  /** Ledger of this vCPU's accesses. */
  readonly paths: PathTable;
  readonly userspace: UserspacePort;
}

const ROOT = 0;
const GUEST_MODE = 1;
const LAST_ROW = 2;
const LAST_GENERATION = 3;
const PML_FRAME = 4;
const RETRY_RIP_LO = 5;
const RETRY_RIP_HI = 6;
const RETRY_LO = 7;
const RETRY_HI = 8;
const XCR0_LOADED = 9;
const SIGNAL = 10;
const HALTED = 11;
const WORDS = 12;

/** LVT timer register: masked. */
const LVT_MASKED = 1 << 16;

const REQUEST_KICK = 1;
const REQUEST_RELOAD = 2;
const REQUEST_FLUSH = 4;

/** One vCPU of KVM (struct kvm_vcpu): answers the CPU's exits. */
export class Vcpu {
  readonly kvm: Kvm;
  readonly id: number;
  readonly regs: GuestRegisters;
  readonly port: HardwarePort;
  readonly paths: PathTable;
  readonly recorder: Recorder;
  readonly userspace: UserspacePort;
  readonly blocks: RunLoopBlocks;
  readonly mmioCache = new MmioCache();
  /** Page-directory pointers of PAE paging as loaded with CR3: four times low word, high word. Under shadow paging only. */
  readonly pdptrs = new Int32Array(8);
  /** Scratch of loadPdptrs. */
  readonly newPdptrs = new Int32Array(8);
  readonly walk: GuestWalk;
  /** What waits for userspace; between instructions nothing does. */
  readonly io = new VcpuIo();
  readonly emulator: Emulator;
  readonly emulatorPort: VcpuEmulatorPort;
  /** The fault to inject after KVM_FAULT. */
  readonly fault = new InjectedFault();
  /** Why the vCPU stopped, after KVM_ERROR. */
  error: KvmErrorId = 'none';
  /** The entry after this exit is to flush L1D where that mitigation is on: something was emulated, or userspace ran. */
  emulated = false;
  /** How interrupts get into the guest. */
  readonly events = new EventInjection(this);
  /** Null without an in-kernel local APIC: then a HLT always finds an interrupt pending. */
  readonly apic: LocalApic | null;
  /** The run loop takes nothing of the guest's XCR0, XSS and PKRU (TDX, SEV-ES: guest_state_protected). */
  readonly stateProtected: boolean;
  /** Cycles by which this vCPU's time is ahead of what its ledger counts. */
  timeOffset = 0;
  /** The guest's registers, as `regs` holds them. */
  private readonly at: Int32Array;
  private readonly fastpathKinds: Uint8Array;
  /** The VM's, close at hand for `handleExit`. */
  private readonly plainEntries: boolean;
  private readonly words = new Int32Array(WORDS);
  private requests = 0;

  constructor(kvm: Kvm, id: number, parts: VcpuParts, frame: ExitFrame) {
    this.kvm = kvm;
    this.id = id;
    this.regs = parts.regs;
    this.at = parts.regs.at;
    this.port = parts.port;
    this.paths = parts.paths;
    this.recorder = kvm.recorder;
    this.userspace = parts.userspace;
    this.blocks = new RunLoopBlocks(parts.paths, frame, kvm.policy.skipReadsTrapFlag);
    const { config, mmu, ram } = kvm;
    // Four levels of nested tables reach 48 bits: the guest has no more.
    const few = config.mmu !== 'shadow' && mmu.tables.levels === 4;
    // 82725b20e22f, 2.6.30: reserved bits of guest entries are looked at.
    const bits =
      kvm.policy.shadowMmu !== 'unsync' ? 52 : few ? Math.min(config.cpu.maxphyaddr, 48) : config.cpu.maxphyaddr;
    this.walk = new GuestWalk(parts.regs, ram, bits, config.mmu === 'shadow' ? this.pdptrs : null);
    this.emulatorPort = new VcpuEmulatorPort(this);
    this.emulator = new Emulator(kvm.io, kvm.irqchip, this.emulatorPort, parts.paths, kvm.recorder);
    if (!kvm.policy.repInOneExit) this.emulator.repBatch = 1;
    this.words[LAST_ROW] = -1;
    this.apic = config.lapic === undefined ? null : new LocalApic(id);
    this.stateProtected = config.vcpuType === 'td';
    this.fastpathKinds = kvm.fastpathKinds;
    this.plainEntries = kvm.plainEntries;
  }

  register(state: StateSet): void {
    this.mmioCache.register(state);
    state.addState(() => [this.words, this.pdptrs]);
    this.events.register(state);
    this.apic?.register(state);
    state.addCounters(() => [this.emulator.stat]);
  }

  /** Root of the nested tables this vCPU runs on. */
  get root(): number {
    return this.words[ROOT]!;
  }

  /** 1 while L2 runs: guest-physical addresses of exits are L2's. */
  get guestMode(): number {
    return this.words[GUEST_MODE]!;
  }

  set guestMode(value: number) {
    this.words[GUEST_MODE] = value;
  }

  /**
   * One exit between the CPU's exit and its entry, both of which the CPU counts: prologue, handler, epilogue. Returns KVM_RETRY, KVM_NEXT, KVM_FAULT or KVM_ERROR. Only an
   * emulation looks at `insn`.
   */
  handleExit(exit: VmExit, insn: Instruction): number {
    const { blocks, kvm, paths, recorder } = this;
    const kind = this.fastpathKinds[exit.reason]!;
    if (kind !== 0 && takesFastpath(this, kind, exit, insn)) return this.handleInLoop(kind, exit, insn);
    this.emulated = false;
    paths.add(blocks.prologue[this.swap]!);
    kvm.stats[STAT.exits]!++;
    if (recorder.on) recorder.emit(EVENT.kvm_exit, exit.reason, exit.qualification, exit.gpaHi, exit.gpaLo);
    if (kvm.logsByPml) drainPml(this);
    const outcome = dispatch(this, exit, insn);
    if (outcome === KVM_ERROR) return outcome;
    if (this.plainEntries) {
      paths.add((this.emulated ? blocks.epilogueAfterEmulation : blocks.epilogue)[this.swap]!);
      if (recorder.on) recorder.emit(EVENT.kvm_entry, 0, 0, 0, 0);
      return outcome;
    }
    if (this.apic !== null && this.halted) return this.blockAfter();
    this.enter();
    return outcome;
  }

  /** O23 to just before the hardware entry: requests, events, then the epilogue. */
  enter(): void {
    const { blocks, kvm, paths, recorder } = this;
    if (kvm.shadow !== null) kvm.shadow.serveBeforeEntry(this);
    if (this.apic !== null) this.events.inject();
    if (kvm.keepsXcr0) loadGuestXcr0(this);
    paths.add((this.emulated ? blocks.epilogueAfterEmulation : blocks.epilogue)[this.swap]!);
    if (recorder.on) recorder.emit(EVENT.kvm_entry, 0, 0, 0, 0);
  }

  /** An exit in the fastpath loop: inner exit, handler, exit-request check, and in again, or out of the loop as "handled". */
  private handleInLoop(kind: number, exit: VmExit, insn: Instruction): number {
    const { blocks, kvm, paths, recorder } = this;
    const word = this.swap;
    this.emulated = false;
    kvm.stats[STAT.exits]!++;
    if (recorder.on) recorder.emit(EVENT.kvm_exit, exit.reason, exit.qualification, exit.gpaHi, exit.gpaLo);
    paths.add(blocks.innerExit[word]!);
    const answer = handleFastpath(this, kind, exit, insn);
    if (answer === FASTPATH.REENTER_GUEST && !this.mustLeaveLoop()) {
      paths.add(blocks.reentry[this.swap]!);
      if (this.apic !== null) this.events.takePosted();
      if (recorder.on) recorder.emit(EVENT.kvm_entry, 0, 0, 0, 0);
      return KVM_NEXT;
    }
    paths.add(blocks.outerExit[word]!);
    if (kvm.logsByPml) drainPml(this);
    const outcome = answer === FASTPATH.NONE ? dispatch(this, exit, insn) : KVM_NEXT;
    if (outcome === KVM_ERROR) return outcome;
    if (this.halted) return this.blockAfter();
    this.enter();
    return outcome;
  }

  /** kvm_vcpu_exit_request(): requests, an event to inject by software, a signal for the thread. */
  private mustLeaveLoop(): boolean {
    return this.requests !== 0 || this.events.requested || this.words[SIGNAL] !== 0;
  }

  /** What of XCR0, XSS and PKRU a world switch writes now. */
  get swap(): number {
    return swapsNothing(this.at) ? 0 : this.swapInUse();
  }

  private swapInUse(): number {
    return this.stateProtected ? 0 : swapWord(this.at, this.kvm.xstate);
  }

  /** kvm_vcpu_halt(): HLT with nothing pending. The vCPU is out of the guest until `wake`. */
  private blockAfter(): number {
    this.paths.add(STEP.vcpu_run);
    // With several vCPUs it polls first, and goes to sleep in its own time.
    if (this.kvm.ipis === null) this.sleep();
    return KVM_HALTED;
  }

  /** kvm_vcpu_block(): the thread gives its CPU up, and with it what is kept of the guest's FPU state. */
  sleep(): void {
    this.paths.add(STEP.kvm_vcpu_halt);
    this.putFpu();
  }

  /** A blocked vCPU goes on: woken, scheduled in, and up to the hardware entry, which the CPU counts. */
  wake(): void {
    this.halted = false;
    this.paths.add(STEP['kvm_vcpu_halt.wake']);
    this.enter();
  }

  /** True while the vCPU is blocked in HLT. */
  get halted(): boolean {
    return this.words[HALTED] !== 0;
  }

  set halted(value: boolean) {
    this.words[HALTED] = value ? 1 : 0;
  }

  /** A signal waits for the vCPU's thread: the run loop leaves at its next check. */
  set signalPending(value: boolean) {
    this.words[SIGNAL] = value ? 1 : 0;
  }

  /** Guest XCR0 stays loaded from exit to exit (to 4.5). */
  get xcr0Loaded(): boolean {
    return this.words[XCR0_LOADED] !== 0;
  }

  set xcr0Loaded(value: boolean) {
    this.words[XCR0_LOADED] = value ? 1 : 0;
  }

  /** Simulated time of this vCPU in cycles, the path under way included. */
  get now(): number {
    this.port.settleCounts();
    return this.paths.clock + this.paths.costSoFar + this.timeOffset;
  }

  /** The guest takes no interrupts (RFLAGS.IF clear, or in a handler). */
  get interruptsOff(): boolean {
    return this.events.interruptsOff;
  }

  set interruptsOff(value: boolean) {
    this.events.interruptsOff = value;
  }

  /** The guest may take interrupts again (handler left). True when the CPU exits at once, because one waits for that. */
  interruptsOn(): boolean {
    return this.events.opensWindow();
  }

  /** The vector that the guest took at the last entry, given once; -1 for none. */
  takeInjected(): number {
    return this.events.takeInjected();
  }

  /** An interrupt for this vCPU from within the kernel. */
  deliverInterrupt(vector: number): void {
    this.events.deliver(vector);
  }

  /** An interrupt came after this entry's look at the APIC. Its vector, or -1. */
  injectLate(): number {
    return this.events.injectLate();
  }

  /** The deadline has passed: the timer's vector is delivered; `step` is who noticed, -1 when that is counted already. False when none has. */
  expireTimer(step: number): boolean {
    const { apic, paths } = this;
    if (apic === null || apic.deadline === 0 || apic.deadline > this.now) return false;
    apic.deadline = 0;
    if (step >= 0) paths.add(step);
    if ((apic.lvtTimer & LVT_MASKED) === 0) this.deliverInterrupt(apic.lvtTimer & 0xff);
    return true;
  }

  /** KVM_RUN is about to return, or the thread gives its CPU up: what is kept of the guest's FPU state is put. */
  putFpu(): void {
    if (this.kvm.keepsXcr0) putGuestXcr0(this);
  }

  /** Stops the vCPU: `error` says why. */
  stop(error: KvmErrorId): number {
    this.error = error;
    this.putFpu();
    this.paths.add(STEP['kvm_vcpu_ioctl.return']);
    return KVM_ERROR;
  }

  /** kvm_vcpu_gfn_to_memslot: row of the slot that holds a guest frame, or -1. The last slot found is tried first; MMIO leaves it alone. */
  slotOf(gfn: number): number {
    const { kvm, paths, words } = this;
    paths.add(STEP.kvm_vcpu_gfn_to_memslot);
    const row = kvm.slots.find(0, gfn);
    const generation = kvm.generationWord();
    if (words[LAST_GENERATION] !== generation) {
      words[LAST_GENERATION] = generation;
      words[LAST_ROW] = -1;
    }
    if (row >= 0 && row === words[LAST_ROW]) return row;
    paths.addN(STEP.search_memslots, kvm.slotSearchSteps());
    if (row >= 0) words[LAST_ROW] = row;
    return row;
  }

  /** True when the page is known for MMIO at the current generation (mmio_info_in_cache, direct MMU). */
  isCachedMmio(hi: number, lo: number): boolean {
    return this.mmioCache.matchesGpa(hi, lo, this.kvm.generationWord());
  }

  /** kvm_mmu_load: the VM's valid root, with whatever was cached under its address flushed. */
  loadRoot(): void {
    const { mmu } = this.kvm;
    const root = mmu.root();
    this.words[ROOT] = root;
    this.mmioCache.clear();
    this.port.setRoot(root, mmu.tables.levels);
    this.port.invalidateRoot(root);
  }

  /** kvm_mmu_load_pgd under shadow paging: CR3 as the CPU is to see it. Nothing is flushed. */
  useShadowRoot(hfn: number, levels: number): void {
    this.words[ROOT] = hfn;
    this.port.setRoot(hfn, levels);
  }

  /**
   * KVM_SET_SREGS: the guest's registers were written from outside. Under shadow paging the vCPU gets roots for them, which it must have before
   * it first runs; a path of its own once the guest runs, uncounted before.
   */
  registersSet(): void {
    const { shadow, started } = this.kvm;
    if (shadow === null) return;
    shadow.registersSet(this);
    shadow.serveBeforeEntry(this);
    this.paths.end();
    if (!started) this.paths.forget();
  }

  /** The last write fault that was answered by releasing a guest table was at this linear address, and at this RIP. */
  isLastRetry(hi: number, lo: number): boolean {
    const { words } = this;
    const { at } = this.regs;
    return (
      words[RETRY_LO] === (lo | 0) &&
      words[RETRY_HI] === (hi | 0) &&
      words[RETRY_RIP_LO] === at[REG.RIP_LO] &&
      words[RETRY_RIP_HI] === at[REG.RIP_HI]
    );
  }

  rememberRetry(hi: number, lo: number): void {
    this.words[RETRY_LO] = lo;
    this.words[RETRY_HI] = hi;
    this.words[RETRY_RIP_LO] = this.regs.at[REG.RIP_LO]!;
    this.words[RETRY_RIP_HI] = this.regs.at[REG.RIP_HI]!;
  }

  forgetRetry(): void {
    this.words.fill(0, RETRY_RIP_LO, RETRY_HI + 1);
  }

  setPml(on: boolean): void {
    if (on && this.words[PML_FRAME] === 0) this.words[PML_FRAME] = this.kvm.memory.allocFrame();
    if (this.words[PML_FRAME] !== 0) this.port.setPmlBuffer(on ? this.words[PML_FRAME]! : 0);
  }

  /** Frame of the page-modification log. */
  get pmlFrame(): number {
    return this.words[PML_FRAME]!;
  }

  requestKick(): void {
    this.requests |= REQUEST_KICK;
  }

  requestReload(): void {
    this.requests |= REQUEST_RELOAD;
  }

  requestFlush(): void {
    this.requests |= REQUEST_FLUSH;
  }

  /** The host has asked something of this vCPU that it has not served. */
  get hasRequests(): boolean {
    return this.requests !== 0;
  }

  /**
   * Serves what the host asked of this vCPU. A running vCPU is kicked out by an IPI and comes back through the run loop, which is a path
   * of its own in the ledger (flow F20); before the guest starts nothing is charged. `isOut`: it is out of the guest already, and serves them on its way in.
   */
  serveRequests(isOut = false): void {
    const { requests } = this;
    if (requests === 0) return;
    this.requests = 0;
    const { shadow, started: charged } = this.kvm;
    // Without roots there is nothing to serve yet (registersSet).
    if (shadow !== null && !charged) return;
    if (charged && !isOut) {
      this.paths.add(STEP['hw.vmexit']);
      this.paths.add(this.blocks.prologue[this.swap]!);
    }
    if (charged && this.kvm.logsByPml) drainPml(this);
    if (shadow !== null) shadow.serveBeforeEntry(this);
    if ((requests & REQUEST_RELOAD) !== 0 && shadow === null) {
      if (charged) this.paths.add(STEP.kvm_mmu_reload);
      this.loadRoot();
      this.kvm.freeObsoleteRoots();
    }
    if ((requests & (REQUEST_RELOAD | REQUEST_FLUSH)) !== 0) this.flushNow(charged);
    if (!charged) return;
    if (isOut) return this.paths.end();
    this.kvm.stats[STAT.exits]!++;
    this.paths.add(this.blocks.epilogue[this.swap]!);
    this.paths.add(STEP['hw.vmentry']);
    this.paths.end();
  }

  /**
   * Drops what this vCPU's CPU has cached of the nested tables (INVEPT; on AMD the ASID is flushed by the next VMRUN), or, under shadow paging,
   * of the shadow tables (INVVPID where there is VPID; ASID).
   */
  flushNow(charged: boolean): void {
    const { config, stats } = this.kvm;
    stats[STAT.tlb_flush]!++;
    if (config.mmu === 'shadow') return this.flushLinear();
    if (charged && config.mmu === 'ept') this.paths.add(STEP['hw.invept']);
    this.port.invalidateRoot(this.root);
  }

  /** vmx_flush_tlb_current, svm_flush_tlb_asid, under shadow paging. */
  flushLinear(): void {
    this.chargeFlush(STEP['hw.invvpid'], STEP['hw.vmcb_access']);
    this.port.invalidateVpid();
  }

  /** Flushes one linear address, of every PCID (vmx_flush_tlb_gva, svm_flush_tlb_gva). */
  flushAddress(hi: number, lo: number): void {
    this.chargeFlush(STEP['hw.invvpid'], STEP['hw.invlpga']);
    this.port.invalidateAddress(hi, lo);
  }

  /** Without VPID there is no INVVPID: every entry flushes. */
  private chargeFlush(intel: number, amd: number): void {
    const { config, isIntel, policy } = this.kvm;
    if (!isIntel) this.paths.add(amd);
    else if (policy.vpid && config.cpu.vpid !== false) this.paths.add(intel);
  }
}
