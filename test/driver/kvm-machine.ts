import { StateSet } from '../../core/base/state.ts';
import { bigHi, bigLo } from '../../core/base/words.ts';
import { PathTable } from '../../core/cost/paths.ts';
import { STEP_COUNT, type StepName, STEPS } from '../../core/cost/steps.ts';
import { CPU_DONE, CPU_EXIT, Cpu } from '../../core/cpu/cpu.ts';
import type { CpuConfig } from '../../core/cpu/config.ts';
import { skylakeSp } from '../../core/cost/models/skylake-sp.ts';
import { zen4 } from '../../core/cost/models/zen4.ts';
import { findKernel } from '../../core/design/registry.ts';
import { Recorder } from '../../core/events/recorder.ts';
import { Instruction, OP } from '../../core/guest/instruction.ts';
import { GuestRegisters } from '../../core/guest/registers.ts';
import type { VcpuIo } from '../../core/kvm/emulate/vcpu-io.ts';
import { KVM_EXIT } from '../../core/kvm/emulate/kvm-exit.ts';
import { IOEVENTFD_FLAG } from '../../core/kvm/io/ioeventfd.ts';
import { Kvm, type KvmConfig } from '../../core/kvm/kvm.ts';
import { KVM_ERROR, KVM_FAULT, KVM_HALTED, KVM_NEXT, KVM_RETRY } from '../../core/kvm/outcome.ts';
import type { KvmPolicy } from '../../core/kvm/policy.ts';
import type { Vcpu } from '../../core/kvm/vcpu.ts';
import { ioeventfd, setMemoryRegion } from '../../core/kvm/vm-ioctls.ts';
import { HostMemory } from '../../core/memory/host-memory.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';

interface UserspaceExit {
  readonly kind: 'mmio-read' | 'mmio-write' | 'in' | 'out';
  readonly address: number;
  readonly size: number;
  readonly data: number;
  readonly ripPast: number;
}

export interface MachineOptions {
  readonly mmu?: 'ept' | 'npt' | 'shadow';
  /** Under shadow paging; default Intel. */
  readonly vendor?: 'intel' | 'amd';
  readonly kernel?: string;
  readonly policy?: Partial<KvmPolicy>;
  readonly mitigations?: KvmConfig['mitigations'];
  readonly nestedLevels?: 4 | 5;
  readonly emptyInsnBuffer?: boolean;
  readonly cpu?: Partial<KvmConfig['cpu']>;
  readonly silicon?: Partial<CpuConfig>;
  readonly mmuPages?: number;
  readonly xstate?: KvmConfig['xstate'];
  readonly lapic?: KvmConfig['lapic'];
  readonly vcpuType?: KvmConfig['vcpuType'];
}

export type Outcome = 'done' | 'fault' | 'error' | 'halted';

/** One vCPU without guest paging on the real KVM and the real CPU: what tests of KVM's flows drive. Steps cost one cycle each. */
export class KvmMachine {
  readonly memory = new HostMemory();
  readonly state = new StateSet();
  readonly recorder = new Recorder(4096);
  readonly regs = new GuestRegisters();
  readonly paths = new PathTable(new Float64Array(STEP_COUNT).fill(1));
  readonly hostPaths = new PathTable(new Float64Array(STEP_COUNT).fill(1));
  readonly insn = new Instruction();
  readonly exits: UserspaceExit[] = [];
  readonly kvm: Kvm;
  readonly cpu: Cpu;
  readonly vcpu: Vcpu;
  /** What the VMM answers to reads. */
  answer = 0;
  /** The VMM moves RIP at the next exit. */
  movesRip = false;
  /** Steps of the last access, in order. */
  lastSteps: { name: StepName; times: number }[] = [];
  /** Times the last access left the guest. */
  lastVmExits = 0;
  /** The guest's fault after 'fault', whoever found it. */
  readonly lastFault = { vector: 0, errorCode: 0, hi: 0, lo: 0 };
  private nextHva = 0x7f00_0000_0000n;

  constructor(options: MachineOptions = {}) {
    const mmu = options.mmu ?? 'ept';
    const kernel = findKernel(options.kernel ?? '7.0');
    if (!kernel.ok) throw new Error(kernel.error);
    const vendor = mmu === 'shadow' ? (options.vendor ?? 'intel') : mmu === 'ept' ? 'intel' : 'amd';
    const model = vendor === 'intel' ? skylakeSp : zen4;
    const cpu = { maxphyaddr: 46, pml: true, eptAd: true, p1g: true, decodeAssists: true, ...options.cpu };
    const policy = { ...kernel.value.policy, ...options.policy };
    const config: KvmConfig = {
      policy,
      mmu,
      vendor,
      nestedLevels: options.nestedLevels ?? 4,
      mitigations: options.mitigations ?? [],
      emptyInsnBuffer: options.emptyInsnBuffer ?? false,
      cpu,
      ...(options.mmuPages === undefined ? {} : { mmuPages: options.mmuPages }),
      ...(options.xstate === undefined ? {} : { xstate: options.xstate }),
      ...(options.lapic === undefined ? {} : { lapic: options.lapic }),
      vcpuType: options.vcpuType ?? 'vmx',
    };
    this.kvm = new Kvm(config, this.memory, this.hostPaths, this.recorder);
    this.cpu = new Cpu({
      geometry: model.geometry,
      memory: this.memory,
      paths: this.paths,
      events: this.recorder,
      registers: this.regs,
      state: this.state,
      config: {
        nested: mmu === 'shadow' ? 'none' : mmu,
        vendor,
        eptAd: cpu.eptAd,
        maxphyaddr: cpu.maxphyaddr,
        ...options.silicon,
      },
    });
    const userspace = { exit: (io: VcpuIo, ripPast: number) => this.serve(io, ripPast) };
    this.vcpu = this.kvm.createVcpu({
      regs: this.regs,
      port: new CpuHardware(this.cpu),
      paths: this.paths,
      userspace,
    });
    this.kvm.register(this.state);
    this.vcpu.registersSet();
    this.kvm.started = true;
  }

  /** A memslot with host pages of its own behind it (`mapped` false: none). Returns the errno. */
  slot(id: number, gpa: bigint, pages: number, { flags = 0, level = 1, mapped = true, hva = 0n } = {}): number {
    const at = hva === 0n ? this.nextHva : hva;
    if (hva === 0n) {
      this.nextHva += 0x40_0000_0000n;
      if (mapped) this.kvm.hostMm.map(Number(at >> 12n), pages, level);
    }
    return setMemoryRegion(this.kvm, { slot: id, flags, gpa, size: BigInt(pages) * 4096n, hva: at });
  }

  deleteSlot(id: number): number {
    return setMemoryRegion(this.kvm, { slot: id, flags: 0, gpa: 0n, size: 0n, hva: 0n });
  }

  /** KVM_IOEVENTFD on a new eventfd; returns its object number, whose count `signals` gives. */
  eventfd(addr: bigint, len: number, { pio = false, match = -1n } = {}): number {
    const fd = this.kvm.io.eventfds.create();
    const flags = (pio ? IOEVENTFD_FLAG.PIO : 0) | (match >= 0n ? IOEVENTFD_FLAG.DATAMATCH : 0);
    const result = ioeventfd(this.kvm, { addr, len, fd, flags, datamatch: match < 0n ? 0n : match });
    if (result !== 0) throw new Error(`KVM_IOEVENTFD: ${result}`);
    return this.kvm.io.eventfds.resolve(fd);
  }

  signals(eventfd: number): number {
    return Number(this.kvm.io.eventfds.counter(eventfd));
  }

  write(gpa: bigint, size: number, data: bigint): Outcome {
    return this.run(OP.WRITE, gpa, size, data);
  }

  /** The value read, or undefined where the destination register was left alone. */
  read(gpa: bigint, size: number): bigint | undefined {
    const outcome = this.run(OP.READ, gpa, size, 0n);
    if (outcome !== 'done' || this.insn.resultWritten === 0) return undefined;
    const [lo, hi] = this.insn.result;
    return BigInt.asUintN(size * 8, (BigInt(hi! >>> 0) << 32n) | BigInt(lo! >>> 0));
  }

  run(op: number, address: bigint, size: number, data: bigint, prepare?: (insn: Instruction) => void): Outcome {
    const { cpu, insn, paths, vcpu } = this;
    insn.clear(op, size, bigHi(address), bigLo(address));
    insn.data[0] = bigLo(data) | 0;
    insn.data[1] = bigHi(data) | 0;
    prepare?.(insn);
    this.lastVmExits = 0;
    for (let turn = 0; turn < 100; turn++) {
      const did = cpu.execute(insn);
      if (did !== CPU_EXIT) {
        if (did !== CPU_DONE) this.noteFault(cpu.fault.vector, cpu.fault.errorCode, cpu.fault.hi, cpu.fault.lo);
        return this.end(did === CPU_DONE ? 'done' : 'fault', cpu.ended === 1);
      }
      this.lastVmExits++;
      const outcome = vcpu.handleExit(cpu.exit, insn);
      if (outcome === KVM_ERROR) return this.end('error');
      if (outcome === KVM_HALTED) return this.end('halted');
      cpu.enterGuest();
      if (outcome === KVM_FAULT) {
        const { vector, errorCode, cr2Hi, cr2Lo } = vcpu.fault;
        this.noteFault(vector, errorCode, cr2Hi, cr2Lo);
        return this.end('fault');
      }
      if (outcome === KVM_NEXT) return this.end('done');
      if (outcome !== KVM_RETRY) throw new Error(`outcome ${outcome}`);
    }
    paths.end();
    throw new Error('the access never ends');
  }

  /** Times a step was taken by the last access. */
  took(name: StepName): number {
    return this.lastSteps.reduce((sum, step) => sum + (step.name === name ? step.times : 0), 0);
  }

  /** Names of the events since the last call. */
  events(): string[] {
    const names = this.recorder.list().map(({ name }) => name);
    this.recorder.clear();
    return names;
  }

  stat(name: keyof ReturnType<Kvm['statsByName']>): number {
    return this.kvm.statsByName()[name];
  }

  private noteFault(vector: number, errorCode: number, hi: number, lo: number): void {
    Object.assign(this.lastFault, { vector, errorCode, hi: hi >>> 0, lo: lo >>> 0 });
  }

  /** `counted`: the CPU has put the access into the ledger itself. */
  private end(outcome: Outcome, counted = false): Outcome {
    if (counted) {
      this.lastSteps = [];
      return outcome;
    }
    this.lastSteps = this.paths.stepsOf(this.paths.node).map(({ step, times }) => ({ name: STEPS[step]!.name, times }));
    this.paths.end();
    return outcome;
  }

  private serve(io: VcpuIo, ripPast: number): boolean {
    const mmio = io.exitReason === KVM_EXIT.MMIO;
    const isRead = mmio ? io.isWrite === 0 : io.pioIn !== 0;
    this.exits.push({
      kind: mmio ? (isRead ? 'mmio-read' : 'mmio-write') : isRead ? 'in' : 'out',
      address: mmio ? (io.physHi >>> 0) * 0x1_0000_0000 + (io.physLo >>> 0) : io.pioPort,
      size: mmio ? io.length : io.pioSize,
      data: (mmio ? io.mmioData[0]! : io.pioData[0]!) >>> 0,
      ripPast,
    });
    if (isRead) (mmio ? io.mmioData : io.pioData)[0] = this.answer;
    const moved = this.movesRip;
    this.movesRip = false;
    return moved;
  }
}
