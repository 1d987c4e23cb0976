import type { StateSet } from '../base/state.ts';
import type { WhileInOp } from '../guest/setup.ts';
import { ERRNO } from '../kvm/io/errno.ts';
import type { Vcpu } from '../kvm/vcpu.ts';
import { WINDOW, WINDOW_NAMES, type WindowWatcher } from '../kvm/windows.ts';
import type { NoteLog } from './notes.ts';
import type { OtherVcpu } from './other-vcpu.ts';

/** What a script arranged: waits for vCPU 0 to pass a place so many times more. */
interface Plan {
  readonly op: WhileInOp;
  readonly window: number;
  readonly line: number;
  readonly notes: NoteLog;
  left: number;
}

/** The vCPUs of a machine beside the first, and what they do while that one is at a named place of KVM. */
export class OtherVcpus implements WindowWatcher {
  readonly list: readonly OtherVcpu[];
  private plans: Plan[] = [];
  private isPassing = false;

  constructor(list: readonly OtherVcpu[]) {
    this.list = list;
  }

  /** What waits decides what the next accesses do. */
  register(state: StateSet): void {
    state.addState(() => [Int32Array.from(this.plans.flatMap(({ window, left, op }) => [window, left, op.vcpu]))]);
  }

  /** Arranges accesses; an errno, 0 for success. */
  arm(op: WhileInOp, line: number, notes: NoteLog): number {
    const window = WINDOW_NAMES.find((name) => name === op.window);
    if (window === undefined || op.vcpu < 1 || op.vcpu > this.list.length) return ERRNO.EINVAL;
    this.plans.push({ op, window: WINDOW[window], line, notes, left: op.nth });
    return 0;
  }

  passes(window: number, vcpu: Vcpu): void {
    if (vcpu.id !== 0 || this.isPassing) return;
    this.isPassing = true;
    const due = this.plans.filter((plan) => plan.window === window && --plan.left <= 0);
    if (due.length > 0) this.plans = this.plans.filter((plan) => !due.includes(plan));
    for (const plan of due) this.carryOut(plan);
    this.isPassing = false;
  }

  /** vCPU 0 is through with its access: the others go on where they waited. The problem that stopped one of them, or null. */
  settle(first: Vcpu): string | null {
    for (const other of this.list) {
      if (other.waits) {
        other.settle();
        first.serveRequests();
      }
      if (other.problem !== '') return `vCPU ${other.parts.vcpu.id}: ${other.problem}`;
    }
    return null;
  }

  /** What never came about, as notes of the result. */
  unmet(): { what: string; line: number; count: number }[] {
    return this.plans.map(({ op, line, left }) => ({
      what: `vCPU ${op.vcpu} did nothing: ${op.window} was passed ${op.nth - left} times, not ${op.nth}`,
      line,
      count: 1,
    }));
  }

  private carryOut({ op, line, notes }: Plan): void {
    const other = this.list[op.vcpu - 1]!;
    other.start(op.accesses, line, notes);
    const accesses = op.accesses.length === 1 ? '1 access' : `${op.accesses.length} accesses`;
    const then = other.waits ? '; the last of them wait until vCPU 0 is through' : '';
    notes.add(`vCPU ${op.vcpu}: ${accesses} while vCPU 0 is in ${op.window}${then}`, line);
  }
}
