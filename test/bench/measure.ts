/** One row of the benchmark: a rate, the bound measured beside it, and the aim. Rates are millions a second of CPU time. */
export interface Row {
  readonly name: string;
  readonly rate: number;
  /** Rate of a plain typed-array loop with the same memory behaviour, in the same process and minute; null where there is none. */
  readonly bound: number | null;
  readonly aim: number;
  readonly unit: string;
}

/** CPU seconds of this process so far: what other processes do on the machine counts little. */
const cpuSeconds = (): number => {
  const used = process.cpuUsage();
  return (used.user + used.system) / 1e6;
};

/** Median rate of `work`, in millions of `units` a CPU second, over `rounds` runs after a warm-up. */
export function rate(units: number, work: () => void, rounds = 5): number {
  work();
  work();
  const rates: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = cpuSeconds();
    work();
    rates.push(units / 1e6 / Math.max(1e-6, cpuSeconds() - start));
  }
  return rates.sort((a, b) => a - b)[rounds >> 1]!;
}

/** A small fixed pseudo-random sequence, so that every run of the benchmark does the same. */
export function sequence(seed: number): (bound: number) => number {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
