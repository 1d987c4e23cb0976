import type { Arrival } from '../../kvm/run-loop/sched.ts';

/** Why a thread is blocked that is runnable and has no CPU. */
export const QUEUED = 'waits for a CPU of the host';

/** What the scheduler needs of a vCPU's thread. */
export interface Schedulable {
  readonly id: number;
  /** Time of its next step. */
  readonly time: number;
  blocked: string;
  /** False while it sleeps. */
  readonly wantsCpu: boolean;
  /** False while it halts: it is on its way to sleep, or awake and on its way to the guest. */
  readonly canLeave: boolean;
  /** It has a CPU, and is not done with what that takes: its slice has not begun. */
  readonly isArriving: boolean;
  /** Its slice is over: it gives the CPU up as soon as it can. */
  sliceEnds(now: number): void;
  /** Its next step is that out of its CPU. */
  leaves(): void;
  /** Another thread waits for its CPU from now on. */
  othersWait(now: number): void;
  /** It has a CPU, for which it waited so long. */
  arrives(now: number, arrival: Arrival, queued: number): void;
}

/** What the scheduler of the host did with one vCPU. */
export interface Scheduling {
  /** How often it lost its CPU because others waited. */
  readonly preempted: number;
  /** How often it gave its CPU up to sleep. */
  readonly slept: number;
  /** How often it came back on another CPU. */
  readonly moved: number;
}

interface Seat {
  readonly thread: Schedulable;
  /** The CPU it has, or -1. */
  cpu: number;
  /** The CPU it had last, or -1. */
  last: number;
  since: number;
  /** Its slice on this CPU has not begun. */
  fresh: boolean;
  sliceOver: boolean;
  /** Its step out of the CPU is under way. */
  leaving: boolean;
  preempted: number;
  slept: number;
  moved: number;
}

interface HostCpu {
  seat: Seat | null;
  /** The vCPU whose VMCS or VMCB is current, or -1. */
  loaded: number;
  since: number;
  sliceFrom: number;
  busy: number;
}

/**
 * Fewer CPUs of the host than vCPUs: one run queue for all, first come first served, and a slice. A CPU that falls free takes whoever waits
 * longest; who wakes up goes to the CPU it had, if it is free, to another free one, or to the end of the queue: it takes nobody's CPU away before the
 * slice is over (RUN_TO_PARITY of EEVDF). A slice ends between two steps of a vCPU, never inside KVM: a kernel without full preemption looks at
 * need_resched before it enters the guest, and spinlocks disable preemption anyway. Left out: weights, ticks, the cost of a cold cache.
 */
export class HostCpus {
  private readonly slice: number;
  private readonly cpus: HostCpu[];
  private readonly seats = new Map<number, Seat>();
  private readonly queue: Seat[] = [];

  /** `slice` in cycles. */
  constructor(count: number, slice: number) {
    this.slice = slice;
    this.cpus = Array.from({ length: count }, () => ({ seat: null, loaded: -1, since: 0, sliceFrom: 0, busy: 0 }));
  }

  /** Threads begin to run, in this order. */
  begin(threads: readonly Schedulable[], now: number): void {
    for (const thread of threads) {
      const seat = this.seatOf(thread);
      seat.sliceOver = false;
      seat.leaving = false;
      this.admit(seat, now);
    }
  }

  /** True when the thread cannot take its next step now: it waits for a CPU. */
  holdsBack(thread: Schedulable): boolean {
    const seat = this.seats.get(thread.id);
    if (seat === undefined) return false;
    const now = thread.time;
    if (!thread.wantsCpu) {
      this.sleeps(seat, now);
      return false;
    }
    if (seat.cpu < 0) return !this.admit(seat, now);
    if (seat.fresh && !thread.isArriving) {
      seat.fresh = false;
      this.cpus[seat.cpu]!.sliceFrom = now;
    }
    if (seat.leaving) {
      seat.leaving = false;
      this.free(seat, now);
      return !this.admit(seat, now);
    }
    if (seat.sliceOver && thread.canLeave) this.leave(seat, now);
    return false;
  }

  /** The thread has ended, or has nothing to wake up for. */
  gone(thread: Pick<Schedulable, 'id'>, now: number): void {
    const seat = this.seats.get(thread.id);
    if (seat !== undefined && seat.cpu >= 0) this.free(seat, now);
  }

  /** When the next slice ends for which somebody waits; Infinity for none. */
  get nextEnd(): number {
    if (this.queue.length === 0) return Infinity;
    let next = Infinity;
    for (const { seat, sliceFrom } of this.cpus)
      if (seat !== null && !seat.sliceOver && !seat.leaving && !seat.fresh)
        next = Math.min(next, sliceFrom + this.slice);
    return next;
  }

  /** The slices that end now are over. */
  endSlices(now: number): void {
    for (const { seat, sliceFrom } of this.cpus) {
      if (seat === null || seat.sliceOver || seat.leaving || seat.fresh || sliceFrom + this.slice > now) continue;
      seat.sliceOver = true;
      seat.thread.sliceEnds(now);
    }
  }

  /** True when the thread is on its way out of its CPU, or into it. */
  isSwitching(thread: Pick<Schedulable, 'id'>): boolean {
    const seat = this.seats.get(thread.id);
    return seat !== undefined && (seat.fresh || seat.sliceOver || seat.leaving);
  }

  /** True when nobody waits for a CPU. */
  get isCalm(): boolean {
    return this.queue.length === 0;
  }

  scheduling(thread: Pick<Schedulable, 'id'>): Scheduling {
    const { preempted, slept, moved } = this.seats.get(thread.id) ?? { preempted: 0, slept: 0, moved: 0 };
    return { preempted, slept, moved };
  }

  /** Cycles in which each CPU had a vCPU. */
  get busy(): number[] {
    return this.cpus.map(({ busy }) => busy);
  }

  private seatOf(thread: Schedulable): Seat {
    let seat = this.seats.get(thread.id);
    if (seat === undefined) {
      const none = {
        cpu: -1,
        last: -1,
        since: 0,
        fresh: false,
        sliceOver: false,
        leaving: false,
        preempted: 0,
        slept: 0,
        moved: 0,
      };
      seat = { thread, ...none };
      this.seats.set(thread.id, seat);
    }
    return seat;
  }

  private leave(seat: Seat, now: number): void {
    seat.sliceOver = false;
    this.cpus[seat.cpu]!.sliceFrom = now;
    // Whoever waited has found another CPU.
    if (this.queue.length === 0) return;
    seat.leaving = true;
    seat.preempted++;
    seat.thread.leaves();
  }

  private sleeps(seat: Seat, now: number): void {
    if (seat.cpu < 0) return;
    seat.slept++;
    seat.sliceOver = false;
    this.free(seat, now);
  }

  /** Its CPU goes to whoever waits longest. */
  private free(seat: Seat, now: number): void {
    const index = seat.cpu;
    const cpu = this.cpus[index]!;
    seat.cpu = -1;
    cpu.seat = null;
    cpu.busy += now - cpu.since;
    const head = this.queue.shift();
    if (head !== undefined) this.place(head, index, now, now - head.since);
  }

  /** True when the thread has a CPU at once; else it queues. */
  private admit(seat: Seat, now: number): boolean {
    const index = this.freeCpu(seat.last);
    if (index >= 0) {
      this.place(seat, index, now, 0);
      return true;
    }
    seat.since = now;
    seat.thread.blocked = QUEUED;
    this.queue.push(seat);
    for (const cpu of this.cpus) {
      if (cpu.seat === null) continue;
      // Slices that ended with nobody waiting began anew.
      cpu.sliceFrom += Math.floor((now - cpu.sliceFrom) / this.slice) * this.slice;
      cpu.seat.thread.othersWait(now);
    }
    return false;
  }

  private freeCpu(last: number): number {
    if (last >= 0 && this.cpus[last]!.seat === null) return last;
    return this.cpus.findIndex(({ seat }) => seat === null);
  }

  private place(seat: Seat, index: number, now: number, queued: number): void {
    const cpu = this.cpus[index]!;
    const { id } = seat.thread;
    const moved = seat.last >= 0 && seat.last !== index;
    if (moved) {
      seat.moved++;
      const old = this.cpus[seat.last]!;
      if (old.loaded === id) old.loaded = -1;
    }
    const loads = cpu.loaded !== id && (cpu.loaded >= 0 || seat.last >= 0);
    seat.cpu = index;
    seat.last = index;
    seat.fresh = true;
    cpu.seat = seat;
    cpu.loaded = id;
    cpu.since = now;
    cpu.sliceFrom = now;
    seat.thread.arrives(now, { loads, moved }, queued);
  }
}
