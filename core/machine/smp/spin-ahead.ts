import type { Machine } from '../machine.ts';
import type { VcpuThread } from './vcpu-thread.ts';

/** Rounds that are at least to be saved: a try costs as much as some hundreds. */
const FEWEST = 1000;
const FIRST_TRY = 4;
/** Looks at a loop's state after which it is given up: something in the machine moves with every access (switch evictEvery). */
const MOST_LOOKS = 4;

/** The rounds of one vCPU since something happened last. */
interface Stretch {
  readonly spunAt: number;
  spins: number;
  /** Rounds after which it is worth a try again. */
  tryAt: number;
}

/**
 * A vCPU that spins does the same round over and over until somebody else does something. Where that is far away, because whoever is waited for has no
 * CPU, the rounds up to then are multiplied out, as with a recorded loop (core/machine/repeat.ts). That a round leaves the machine as it found it is looked
 * at once for each loop; later two rounds that count the same are enough.
 */
export class SpinAhead {
  private readonly machine: Machine;
  private readonly stretches = new Map<number, Stretch>();
  /** Loops whose rounds leave the state alone: vCPU and script line. */
  private readonly idle = new Set<string>();
  /** How often a look at the others' rounds was in vain. */
  private readonly vain = new Map<string, number>();

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** The thread has spun once more, and nothing happens before `until`; `round` carries out its next round. True when rounds were multiplied out. */
  spun(thread: VcpuThread, until: number, round: () => void): boolean {
    const stretch = this.stretchOf(thread);
    if (++stretch.spins < stretch.tryAt || until - thread.time < FEWEST * thread.took) return false;
    stretch.tryAt *= 2;
    if ((this.vain.get(loopOf(thread)) ?? 0) >= MOST_LOOKS) return false;
    const { state, parts } = this.machine;
    if (parts.events.on) return false;
    const first = state.counters();
    const changes = this.changesState(thread, round);
    const { time, instructions } = thread;
    const second = state.counters();
    round();
    const took = thread.time - time;
    const times = Math.floor((until - thread.time) / took) - 1;
    if (changes || times < 1 || !state.sameGrowth(first, second) || !state.staysExact(second, times)) return false;
    state.repeatGrowth(second, times);
    thread.skip(times * took, times * (thread.instructions - instructions));
    return true;
  }

  /** Carries out a round, and looks at the state before and after it unless it is known that this loop leaves it alone. */
  private changesState(thread: VcpuThread, round: () => void): boolean {
    const { machine } = this;
    const loop = loopOf(thread);
    if (this.idle.has(loop)) {
      round();
      return false;
    }
    const before = machine.state.snapshot();
    machine.clearChanged();
    round();
    if (machine.changed() || !machine.state.sameState(before)) {
      this.vain.set(loop, (this.vain.get(loop) ?? 0) + 1);
      return true;
    }
    this.idle.add(loop);
    return false;
  }

  private stretchOf({ id, spunAt }: VcpuThread): Stretch {
    let stretch = this.stretches.get(id);
    if (stretch?.spunAt !== spunAt) {
      stretch = { spunAt, spins: 0, tryAt: FIRST_TRY };
      this.stretches.set(id, stretch);
    }
    return stretch;
  }
}

const loopOf = ({ id, line }: VcpuThread): string => `${id}:${line}`;
