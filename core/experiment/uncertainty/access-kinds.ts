import type { PathResult } from '../result.ts';

/** What a path did, by the steps it took. */
type Took = (step: string) => boolean;

/** Kinds of access whose share can be asked for. A kick is a store or an OUT that reaches KVM's I/O buses; a fault is one for memory. */
const KINDS = {
  reads: (took: Took) => took('guest.read') || took('guest.in'),
  writes: (took: Took) => took('guest.write') || took('guest.out') || took('guest.rmw'),
  fetches: (took: Took) => took('guest.fetch'),
  kicks: (took: Took) => took('kvm_io_bus_write'),
  exits: (took: Took) => took('hw.vmexit'),
  faults: (took: Took): boolean =>
    took('guest.pf_delivery') || (took('kvm_mmu_page_fault') && !took('kvm_io_bus_write') && !took('kvm_io_bus_read')),
} as const;

export type AccessKind = keyof typeof KINDS;
export const ACCESS_KINDS = Object.keys(KINDS) as readonly AccessKind[];

/** True when accesses on this path are of the kind. */
export function isOfKind({ steps }: PathResult, kind: AccessKind): boolean {
  const names = new Set<string>(steps.map(([step]) => step));
  return KINDS[kind]((step) => names.has(step));
}
