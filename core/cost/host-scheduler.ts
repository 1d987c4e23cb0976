import { estimated } from './cited.ts';

/**
 * How long a thread keeps its CPU while others wait for it, in microseconds. Kernels before EEVDF (6.6) divide a period of 24 ms by the number of
 * runnable threads, with 3 ms at the least; EEVDF had a slice of 3 ms before 6.15. One value is assumed for all.
 */
export const BASE_SLICE_US = estimated(
  2800,
  [700, 12_000],
  'assumption: sysctl_sched_base_slice, 0.70 ms * (1 + ilog2(CPUs)), CPUs counted up to 8 (kernel/sched/fair.c, 6.15); the low end is one CPU, the high end CFS with two threads',
);
