import type { StateSet } from '../../base/state.ts';
import { age, reclaim } from './age.ts';
import { exec, exit, map, newTopTable, RIGHTS } from './address-space.ts';
import { PF, userFault } from './fault.ts';
import { duplicate } from './fork.ts';
import { pageOf } from './geometry.ts';
import { collapse } from './huge.ts';
import { type KernelSetup, Mm } from './mm.ts';
import type { KernelOp } from './ops.ts';
import { type KernelPort, WORK } from './port.ts';
import { protect } from './protect.ts';
import { STAT, type VmStat } from './stats.ts';
import { unmap } from './unmap.ts';

/**
 * A small Linux in the guest: address spaces, demand paging, fork and what else makes page-table traffic. Pure logic: what it does to
 * memory and registers it does through its port, instruction by instruction. What it leaves out stands in docs/guest-kernel.md.
 */
export class GuestKernel {
  readonly mm: Mm;
  private readonly port: KernelPort;
  /** [1 between the `enter` and the `leave` of a system call]. */
  private readonly state = new Int32Array(1);

  constructor(port: KernelPort, setup: KernelSetup) {
    this.port = port;
    this.mm = new Mm(port, setup);
  }

  register(set: StateSet): void {
    set.addState(() => [this.state]);
    this.mm.register(set);
  }

  /** Counters by name. */
  vmstat(): Record<VmStat, number> {
    return this.mm.stats.byName();
  }

  /** Frames in use: tables, pages of processes and of the page cache, and the page of zeros. */
  get usedFrames(): number {
    return this.mm.frames.used;
  }

  /** Pages in a process's tables. */
  pagesOf(pid: number): number {
    return this.mm.processes.pages[pid] ?? 0;
  }

  /** True for a fault that the handler will look at: of the running process's half of the address space. */
  takes(hi: number, lo: number, errorCode: number): boolean {
    return this.mm.tlb.loaded >= 0 && (errorCode & PF.RSVD) === 0 && pageOf(hi, lo) < this.mm.geometry.userPages;
  }

  /** The #PF handler, entered; true when the access may be tried again, false when it ends in a SIGSEGV. */
  pageFault(hi: number, lo: number, errorCode: number): boolean {
    return userFault(this.mm, this.mm.tlb.loaded, pageOf(hi, lo), errorCode);
  }

  /** Carries out what the script asks, and returns what the call returns. In user mode that is a system call. */
  apply(op: KernelOp): number {
    const { port, mm, state } = this;
    const user = port.level === 3;
    if (user) {
      port.setLevel(0);
      port.work(WORK.SYSCALL, 1);
    }
    if (op.call === 'enter') {
      if (mm.tlb.loaded < 0) port.fail('os.syscall(): no process runs: os.switchTo() one first');
      state[0] = 1;
      return 0;
    }
    let answer = 0;
    if (op.call === 'leave') state[0] = 0;
    else answer = this.carryOut(op);
    const back = user || op.call === 'leave' || op.call === 'switchTo';
    if (back && state[0] === 0 && mm.tlb.loaded >= 0) port.setLevel(3);
    return answer;
  }

  private carryOut(op: Exclude<KernelOp, { readonly call: 'enter' } | { readonly call: 'leave' }>): number {
    const { mm } = this;
    if (op.call === 'reclaim') return reclaim(mm, op.pages);
    if (op.call === 'process') {
      this.create(op.pid, 'os.process()');
      return 0;
    }
    if (!mm.processes.isAlive(op.pid)) {
      this.port.fail(`os.${op.call}(): process ${op.pid} has ended`);
      return 0;
    }
    switch (op.call) {
      case 'fork':
        this.port.work(WORK.COPY_PROCESS, 1);
        if (this.create(op.child, 'os.fork()')) duplicate(mm, op.pid, op.child);
        return 0;
      case 'exec':
        exec(mm, op.pid);
        return 0;
      case 'exit':
        exit(mm, op.pid);
        return 0;
      case 'switchTo':
        this.port.work(WORK.CONTEXT_SWITCH, 1);
        mm.stats.add(STAT.ctxt);
        mm.tlb.switchTo(op.pid);
        return 0;
      case 'mmap': {
        const problem = map(mm, op);
        if (problem !== null) this.port.fail(problem);
        return 0;
      }
      case 'munmap':
        unmap(mm, op.pid, Number(op.gva >> 12n), Number((op.gva + op.size) >> 12n));
        return 0;
      case 'mprotect': {
        const start = Number(op.gva >> 12n);
        if (!protect(mm, op.pid, start, start + Number(op.size >> 12n), RIGHTS[op.prot]))
          this.port.fail(`os.mprotect(): a part of the range at 0x${op.gva.toString(16)} is not mapped`);
        return 0;
      }
      case 'age':
        return age(mm, op.pid);
      case 'promote':
        if (!mm.release.hugePages) {
          this.port.fail(`os.promote(): Linux ${mm.release.id} has no transparent huge pages`);
          return 0;
        }
        return collapse(mm, op.pid, Number(op.gva >> 12n)) ? 1 : 0;
    }
  }

  /** A process with an empty address space. */
  private create(pid: number, call: string): boolean {
    const { mm } = this;
    if (mm.processes.isAlive(pid)) {
      this.port.fail(`${call}: process ${pid} of the round before is still there: os.exit() it inside the loop`);
      return false;
    }
    const pgd = newTopTable(mm);
    if (pgd < 0) return false;
    mm.processes.start(pid, pgd);
    return true;
  }
}
