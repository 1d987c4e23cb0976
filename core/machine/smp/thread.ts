import type { PathTable } from '../../cost/paths.ts';
import { type Moment, Timeline } from './timeline.ts';
import { WaitLog } from './waits.ts';

/** How a thread's next step went. */
export const STEPPED = Object.freeze({
  DONE: 0,
  SPUN: 1,
  ENDED: 2,
  /** It went off its CPU or came on one: nothing that others wait for. */
  SWITCHED: 3,
});

/** Why a vCPU is blocked that executed HLT. */
export const HALTS = 'halts';

/**
 * One who runs in simulated time: a vCPU with its program, or the VMM's own thread. A step is carried out at once and then takes its time: the
 * moments in which it meets others come first, each at its time, then its end, where the next step begins.
 */
export abstract class Thread {
  /** vCPU number; the VMM's thread comes last. */
  readonly id: number;
  readonly paths: PathTable;
  readonly waits = new WaitLog();
  readonly timeline: Timeline;
  /** Time of the next moment, or of the end of the step under way: cycles of the simulated clock. */
  time = 0;
  ended = false;
  /** What it waits for, in words; empty while it runs. */
  blocked = '';
  /** It found nothing new when it last looked (core/machine/smp/smp.ts counts what happens). */
  spunAt = -1;
  /** Cycles at the end of the step under way in which nothing is done that others could not cut short. */
  protected idle = 0;
  private start = 0;
  private cost = 0;
  private cursor = 0;
  private clockSeen = 0;

  constructor(id: number, paths: PathTable) {
    this.id = id;
    this.paths = paths;
    this.timeline = new Timeline(paths);
  }

  /** How a message calls it. */
  abstract get name(): string;

  /** Carries out the next step, charged to `paths`; one of STEPPED. */
  protected abstract carryOut(): number;

  /** Begins at this time. */
  begin(time: number): void {
    this.time = time;
    this.start = time;
    this.ended = false;
    this.clockSeen = this.paths.clock;
  }

  /** The moment that comes next in the step under way; null at its end. */
  get moment(): Moment | null {
    return this.timeline.moments[this.cursor] ?? null;
  }

  /** Carries out the next step, which begins now. */
  step(): number {
    const { timeline, paths } = this;
    this.settle();
    this.idle = 0;
    this.start = this.time;
    timeline.begin();
    const stepped = this.carryOut();
    this.cost = timeline.end() + this.idle;
    this.cursor = 0;
    this.clockSeen = paths.clock;
    this.schedule();
    return stepped;
  }

  /** The moment is over. */
  pass(): void {
    this.cursor++;
    this.schedule();
  }

  /** The moment took until now: everything behind it comes later. */
  passLate(now: number): void {
    this.start += now - this.time;
    this.pass();
  }

  /** Something reaches the thread: what is idle of the step under way ends now. Returns the whole cycles that are left of it. */
  protected cutShort(now: number): number {
    if (this.idle === 0 || this.moment !== null || this.time <= now) return 0;
    const left = Math.min(this.idle, Math.floor(this.time - now));
    this.idle -= left;
    this.cost -= left;
    this.schedule();
    return left;
  }

  /** It waited for something of no known time, and goes on now. */
  protected goOn(now: number): void {
    this.blocked = '';
    this.start = now;
    this.time = now;
    this.cost = 0;
  }

  /** What the last step left to be counted. */
  protected settle(): void {}

  /** Cycles that the step under way takes. */
  get took(): number {
    return this.cost;
  }

  /** So many cycles are in the ledger that no step has taken. */
  protected jump(cycles: number): void {
    this.delay(cycles);
    this.clockSeen = this.paths.clock;
  }

  /** Everything from here on comes so many cycles later. */
  delay(cycles: number): void {
    this.start += cycles;
    this.time += cycles;
  }

  /** True while the step under way has the thread inside KVM, holding kvm->srcu. */
  get readsSrcu(): boolean {
    return false;
  }

  /** Whatever somebody else had this thread pay for delays it. */
  absorb(): void {
    const more = this.paths.clock - this.clockSeen;
    if (more <= 0) return;
    this.clockSeen += more;
    this.start += more;
    this.time += more;
  }

  private schedule(): void {
    this.time = this.start + (this.moment?.offset ?? this.cost);
  }
}
