/**
 * What a thread waits for, by the kernel's symbol that perf shows for it. One that spins burns its CPU; one that sleeps does not, and perf
 * shows nothing of it.
 */
export const WAITS = {
  queued_spin_lock_slowpath: 'spins',
  queued_read_lock_slowpath: 'spins',
  queued_write_lock_slowpath: 'spins',
  __mutex_lock_slowpath: 'sleeps',
  __synchronize_srcu: 'sleeps',
  kvm_vcpu_block: 'sleeps',
  kvm_vcpu_halt: 'spins',
  schedule: 'sleeps',
} as const;

export type WaitSymbol = keyof typeof WAITS;

/** Waits of one kind: how often, and how many cycles in all. */
export interface Wait {
  readonly symbol: WaitSymbol;
  readonly kind: 'spins' | 'sleeps';
  readonly times: number;
  /** Cycles of the simulated clock. */
  readonly cycles: number;
}

/** The waits of one thread. */
export class WaitLog {
  private readonly sums = new Map<WaitSymbol, { times: number; cycles: number }>();

  /** A wait of no length is none. */
  add(symbol: WaitSymbol, cycles: number): void {
    if (cycles <= 0) return;
    const sum = this.sums.get(symbol);
    if (sum === undefined) this.sums.set(symbol, { times: 1, cycles });
    else {
      sum.times++;
      sum.cycles += cycles;
    }
  }

  /** Cycles waited in all. */
  get total(): number {
    return [...this.sums.values()].reduce((sum, { cycles }) => sum + cycles, 0);
  }

  /** In the order of WAITS. */
  list(): Wait[] {
    return (Object.keys(WAITS) as WaitSymbol[]).flatMap((symbol) => {
      const sum = this.sums.get(symbol);
      return sum === undefined ? [] : [{ symbol, kind: WAITS[symbol], ...sum }];
    });
  }
}
