import { bigHi, bigLo } from '../base/words.ts';
import { STEP } from '../cost/steps.ts';
import { GuestKernel } from '../guest/kernel/kernel.ts';
import type { KernelSetup } from '../guest/kernel/mm.ts';
import type { KernelOp } from '../guest/kernel/ops.ts';
import { type KernelPort, WORK } from '../guest/kernel/port.ts';
import type { VmStat } from '../guest/kernel/stats.ts';
import { Instruction, OP } from '../guest/instruction.ts';
import { REG } from '../guest/registers.ts';
import { VECTOR } from '../spec/paging.ts';
import { describeInstruction } from './describe.ts';
import type { GuestKernelSide } from './guest-kernel-side.ts';
import type { Machine } from './machine.ts';

/** Faults of one instruction without progress after which it counts as a livelock. */
const LIVELOCK = 64;

/** The step of each WORK. */
const STEP_OF_WORK: readonly number[] = [
  [WORK.PAGE_FAULT, STEP['guest.do_user_addr_fault']],
  [WORK.FIND_VMA, STEP['guest.find_vma']],
  [WORK.HANDLE_MM_FAULT, STEP['guest.handle_mm_fault']],
  [WORK.ALLOC_PAGE, STEP['guest.alloc_page']],
  [WORK.FREE_PAGE, STEP['guest.free_page']],
  [WORK.FILEMAP_GET_PAGE, STEP['guest.filemap_get_page']],
  [WORK.READ_PAGE, STEP['guest.read_page']],
  [WORK.PTE_RANGE, STEP['guest.pte_range']],
  [WORK.VMA_CHANGE, STEP['guest.vma_change']],
  [WORK.COPY_PROCESS, STEP['guest.copy_process']],
  [WORK.EXEC, STEP['guest.execve']],
  [WORK.EXIT, STEP['guest.do_exit']],
  [WORK.CONTEXT_SWITCH, STEP['guest.context_switch']],
  [WORK.SYSCALL, STEP['guest.do_syscall']],
  [WORK.RMAP_WALK, STEP['guest.rmap_walk']],
  [WORK.COLLAPSE, STEP['guest.collapse_huge_page']],
].reduce<number[]>((steps, [work, step]) => {
  steps[work!] = step!;
  return steps;
}, []);

/**
 * The guest's kernel on the machine: its instructions are carried out one by one, in kernel mode, each an access of its own; its other work
 * stands in front of the next one on its path. A page fault ends the script's access as a fault, then come the handler's instructions and IRET, then
 * the access again.
 */
export class KernelSide implements GuestKernelSide, KernelPort {
  readonly kernel: GuestKernel;
  faultWaits = false;
  hi = 0;
  lo = 0;
  private readonly machine: Machine;
  private readonly insn = new Instruction();
  /** The kernel executes: a fault now is its own. */
  private running = false;
  private readonly fault = { errorCode: 0, hi: 0, lo: 0 };
  /** Where code of the kernel and of programs runs: [high, low] words each. */
  private readonly kernelCode: readonly [number, number];
  private readonly programCode: readonly [number, number];

  constructor(machine: Machine, setup: KernelSetup, code: bigint) {
    this.machine = machine;
    this.kernelCode = [bigHi(code) | 0, bigLo(code) | 0];
    const { program } = setup.geometry;
    this.programCode = [bigHi(program) | 0, bigLo(program) | 0];
    this.kernel = new GuestKernel(this, setup);
    this.kernel.register(machine.state);
  }

  get stopped(): boolean {
    return this.machine.problem !== null;
  }

  get level(): number {
    return this.machine.parts.registers.at[REG.CPL]!;
  }

  takes(vector: number, errorCode: number, hi: number, lo: number): boolean {
    if (this.running) {
      const name = vector === VECTOR.PF ? '#PF' : vector === VECTOR.GP ? '#GP' : `exception ${vector}`;
      const what = describeInstruction(this.insn);
      this.fail(
        `the guest kernel faulted itself: ${name}, error code 0x${errorCode.toString(16)}, in ${what}; its direct map or its tables were changed`,
      );
      return true;
    }
    if (vector !== VECTOR.PF || !this.kernel.takes(hi, lo, errorCode)) return false;
    this.faultWaits = true;
    this.fault.errorCode = errorCode;
    this.fault.hi = hi;
    this.fault.lo = lo;
    return true;
  }

  serve(insn: Instruction): void {
    const { machine, fault, kernel } = this;
    let left = insn.count;
    for (let tries = 0; this.faultWaits && !this.stopped; tries++) {
      this.faultWaits = false;
      const { errorCode, hi, lo } = fault;
      const level = this.level;
      this.resumeAt(0);
      this.running = true;
      const again = kernel.pageFault(hi, lo, errorCode);
      this.running = false;
      if (this.stopped) return;
      machine.iret();
      this.resumeAt(level);
      if (!again) return machine.giveUp(VECTOR.PF, errorCode, hi, lo);
      if (insn.count !== left) {
        left = insn.count;
        tries = 0;
      }
      if (tries === LIVELOCK) return this.fail('livelock: the guest kernel serves the fault, and it comes again');
      machine.carryOut(insn);
    }
  }

  apply(op: KernelOp): number {
    this.running = true;
    const answer = this.kernel.apply(op);
    this.running = false;
    // Work after the last instruction.
    const { paths } = this.machine.parts;
    if (paths.node !== 0) paths.end();
    return answer;
  }

  vmstat(): Readonly<Record<VmStat, number>> {
    return this.kernel.vmstat();
  }

  read(atHi: number, atLo: number, bytes: number): void {
    this.memory(OP.READ, atHi, atLo, bytes, 0, 0);
  }

  write(atHi: number, atLo: number, bytes: number, hi: number, lo: number): void {
    this.memory(OP.WRITE, atHi, atLo, bytes, hi, lo);
  }

  rmw(op: number, atHi: number, atLo: number, bytes: number, hi: number, lo: number): void {
    this.insn.clear(op, bytes, atHi, atLo | 0);
    this.insn.flags = 1;
    this.insn.data[0] = lo;
    this.insn.data[1] = hi;
    this.carryOut();
  }

  cmpxchg(
    atHi: number,
    atLo: number,
    bytes: number,
    hi: number,
    lo: number,
    expectedHi: number,
    expectedLo: number,
  ): void {
    const { insn } = this;
    insn.clear(OP.CMPXCHG, bytes, atHi, atLo | 0);
    insn.flags = 1;
    insn.data[0] = lo;
    insn.data[1] = hi;
    insn.expected[0] = expectedLo;
    insn.expected[1] = expectedHi;
    this.carryOut();
  }

  stos(atHi: number, atLo: number, bytes: number, count: number): void {
    this.insn.clear(OP.STOS, bytes, atHi, atLo | 0);
    this.insn.count = count;
    this.insn.length = 2;
    this.carryOut();
  }

  movs(toHi: number, toLo: number, fromHi: number, fromLo: number, bytes: number, count: number): void {
    const { insn } = this;
    insn.clear(OP.MOVS, bytes, toHi, toLo | 0);
    insn.hi2 = fromHi;
    insn.lo2 = fromLo | 0;
    insn.count = count;
    insn.length = 2;
    this.carryOut();
  }

  invlpg(hi: number, lo: number): void {
    this.insn.clear(OP.INVLPG, 0, hi, lo | 0);
    this.carryOut();
  }

  loadCr3(hi: number, lo: number): void {
    this.insn.clear(OP.MOV_CR3, 0, 0, 0);
    this.insn.data[0] = lo;
    this.insn.data[1] = hi;
    this.carryOut();
  }

  setLevel(level: 0 | 3): void {
    this.insn.clear(OP.SET_CPL, level, 0, 0);
    this.carryOut();
    this.resumeAt(level);
  }

  work(kind: number, times: number): void {
    if (!this.stopped) this.machine.parts.paths.addN(STEP_OF_WORK[kind]!, times);
  }

  fail(sentence: string): void {
    this.machine.stop(sentence);
  }

  private memory(op: number, atHi: number, atLo: number, bytes: number, hi: number, lo: number): void {
    this.insn.clear(op, bytes, atHi, atLo | 0);
    this.insn.data[0] = lo;
    this.insn.data[1] = hi;
    this.carryOut();
  }

  /** One instruction of the kernel; what it loads is in `hi` and `lo`. */
  private carryOut(): void {
    const { insn } = this;
    this.hi = 0;
    this.lo = 0;
    if (this.stopped) return;
    this.machine.carryOut(insn);
    this.lo = insn.result[0]!;
    if (insn.size === 8) this.hi = insn.result[1]!;
  }

  /** What an exception or IRET does to CPL and RIP. */
  private resumeAt(level: number): void {
    const { registers, cpu } = this.machine.parts;
    const [hi, lo] = level === 3 ? this.programCode : this.kernelCode;
    registers.at[REG.RIP_HI] = hi;
    registers.at[REG.RIP_LO] = lo;
    if (registers.at[REG.CPL] === level) return;
    registers.at[REG.CPL] = level;
    cpu.registersChanged();
  }
}
