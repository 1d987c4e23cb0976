import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../kvm/run-loop/sched.ts';
import { HostCpus, QUEUED, type Schedulable } from './host-cpus.ts';

const SLICE = 100;

/** A thread that does what the test says, and notes what it is told. */
class Told implements Schedulable {
  readonly id: number;
  time = 0;
  blocked = '';
  wantsCpu = true;
  canLeave = true;
  isArriving = false;
  readonly log: string[] = [];
  arrival: Arrival | null = null;

  constructor(id: number) {
    this.id = id;
  }

  sliceEnds(now: number): void {
    this.log.push(`slice over at ${now}`);
  }

  leaves(): void {
    this.log.push('leaves');
  }

  othersWait(now: number): void {
    this.log.push(`others wait at ${now}`);
  }

  arrives(now: number, arrival: Arrival, queued: number): void {
    this.log.push(`in at ${now} after ${queued}`);
    this.arrival = arrival;
    this.blocked = '';
    this.time = now;
  }
}

function begin(threads: number, count: number): { cpus: HostCpus; all: Told[] } {
  const cpus = new HostCpus(count, SLICE);
  const all = Array.from({ length: threads }, (_, id) => new Told(id));
  cpus.begin(all, 0);
  // Those that have a CPU take their first step.
  for (const thread of all) if (thread.blocked === '') at(cpus, thread, 0);
  return { cpus, all };
}

/** The thread is asked at this time whether it may go on. */
function at(cpus: HostCpus, thread: Told, time: number): boolean {
  thread.time = time;
  return !cpus.holdsBack(thread);
}

describe('the run queue', () => {
  it('gives each thread a CPU as long as there are some, in the order of arrival', () => {
    const { all } = begin(3, 2);
    expect(all.map(({ blocked }) => blocked)).toEqual(['', '', QUEUED]);
  });

  it('gives a CPU that falls free to whoever waits longest', () => {
    const { cpus, all } = begin(4, 2);
    const [, second, third, fourth] = all;
    second!.wantsCpu = false;
    expect(at(cpus, second!, 30)).toBe(true);
    expect(third!.log).toEqual(['in at 30 after 30']);
    expect(fourth!.blocked).toBe(QUEUED);
    cpus.gone(third!, 50);
    expect(fourth!.log).toEqual(['in at 50 after 50']);
  });

  it('lets a thread that wakes wait behind those who wait already, and nobody loses a CPU for it', () => {
    const { cpus, all } = begin(3, 1);
    const [first, second, third] = all;
    first!.wantsCpu = false;
    at(cpus, first!, 10);
    first!.wantsCpu = true;
    expect(at(cpus, first!, 20)).toBe(false);
    expect(second!.log).toEqual(['in at 10 after 10', 'others wait at 20']);
    cpus.gone(second!, 40);
    expect(third!.log).toEqual(['in at 40 after 40']);
    cpus.gone(third!, 60);
    expect(first!.log.at(-1)).toBe('in at 60 after 40');
  });

  it('gives back the CPU that a thread had, if it is free: nothing is loaded, nothing flushed', () => {
    const { cpus, all } = begin(2, 3);
    const [, second] = all;
    second!.wantsCpu = false;
    at(cpus, second!, 10);
    second!.wantsCpu = true;
    expect(at(cpus, second!, 20)).toBe(true);
    expect(second!.arrival).toEqual({ loads: false, moved: false });
    expect(cpus.scheduling(second!)).toEqual({ preempted: 0, slept: 1, moved: 0 });
  });
});

describe('a slice', () => {
  it('does not end while nobody waits', () => {
    const { cpus } = begin(2, 2);
    expect(cpus.nextEnd).toBe(Infinity);
  });

  it('ends for the thread at its next step, which goes to the end of the queue', () => {
    const { cpus, all } = begin(3, 1);
    const [first, second, third] = all;
    expect(cpus.nextEnd).toBe(SLICE);
    cpus.endSlices(SLICE);
    expect(cpus.nextEnd).toBe(Infinity);
    expect(at(cpus, first!, 110)).toBe(true);
    expect(first!.log.slice(-2)).toEqual(['slice over at 100', 'leaves']);
    // It has been out: the CPU is the next one's.
    expect(at(cpus, first!, 120)).toBe(false);
    expect(second!.log).toEqual(['in at 120 after 120', 'others wait at 120']);
    expect(second!.arrival).toEqual({ loads: true, moved: false });
    expect(third!.blocked).toBe(QUEUED);
    // Its slice begins when it is done with what coming in takes.
    expect(cpus.nextEnd).toBe(Infinity);
    at(cpus, second!, 130);
    expect(cpus.nextEnd).toBe(130 + SLICE);
    expect(cpus.scheduling(first!)).toEqual({ preempted: 1, slept: 0, moved: 0 });
  });

  it('that ended with nobody waiting begins anew', () => {
    const { cpus, all } = begin(2, 1);
    const [first, second] = all;
    second!.wantsCpu = true;
    cpus.gone(first!, 10);
    at(cpus, second!, 10);
    // Alone for 2 and a half slices; then the first comes back.
    expect(at(cpus, first!, 260)).toBe(false);
    expect(cpus.nextEnd).toBe(10 + 3 * SLICE);
  });

  it('leaves the CPU to its thread when whoever waited has found another one', () => {
    const { cpus, all } = begin(3, 2);
    const [first, second, third] = all;
    cpus.endSlices(SLICE);
    cpus.gone(second!, 105);
    expect(third!.log).toEqual(['in at 105 after 105']);
    expect(at(cpus, first!, 110)).toBe(true);
    expect(first!.log).not.toContain('leaves');
    expect(cpus.scheduling(first!).preempted).toBe(0);
  });

  it('is not over for a thread that halts: it is on its way to sleep', () => {
    const { cpus, all } = begin(2, 1);
    all[0]!.canLeave = false;
    cpus.endSlices(SLICE);
    expect(at(cpus, all[0]!, 110)).toBe(true);
    expect(all[0]!.log).not.toContain('leaves');
  });
});

describe('a thread that comes back on another CPU', () => {
  it('has moved, and the old CPU has no VMCS of its any more', () => {
    const { cpus, all } = begin(3, 2);
    const [first, second, third] = all;
    cpus.gone(first!, 10);
    // The third has the first's CPU; the second leaves its own to the first.
    expect(at(cpus, first!, 20)).toBe(false);
    cpus.gone(second!, 30);
    expect(first!.arrival).toEqual({ loads: true, moved: true });
    expect(cpus.scheduling(first!).moved).toBe(1);
    // What is current on CPU 0 is the third's.
    third!.wantsCpu = false;
    at(cpus, third!, 40);
    third!.wantsCpu = true;
    at(cpus, third!, 50);
    expect(third!.arrival).toEqual({ loads: false, moved: false });
  });

  it('has kept each CPU busy for as long as somebody had it', () => {
    const { cpus, all } = begin(3, 2);
    cpus.gone(all[0]!, 10);
    cpus.gone(all[1]!, 30);
    cpus.gone(all[2]!, 50);
    expect(cpus.busy).toEqual([50, 30]);
  });
});
