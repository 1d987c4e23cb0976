import type { Chase } from '../driver/pointer-chase.ts';

/** A pointer chase on a Zen 4 EPYC guest, core cycles an access, least and most of several runs. */
interface Measured {
  readonly pages: number;
  readonly measured: readonly [number, number];
  /** The sketch in which the TLB sizes were found: ideal LRU, 64 paging-structure entries, 64 nested TLB entries, no fixed cost of a walk. */
  readonly sketch: number;
}

export const ZEN4_CHASE: readonly Measured[] = [
  { pages: 48, measured: [3.9, 3.9], sketch: 4 },
  { pages: 72, measured: [3.9, 3.9], sketch: 4 },
  { pages: 128, measured: [10.6, 10.6], sketch: 11 },
  { pages: 2048, measured: [21.5, 21.5], sketch: 21 },
  { pages: 3072, measured: [36, 48], sketch: 21 },
  { pages: 4096, measured: [56, 69], sketch: 43.9 },
  { pages: 8192, measured: [80, 126], sketch: 53.6 },
  { pages: 16384, measured: [121, 143], sketch: 88.6 },
  { pages: 65536, measured: [718, 761], sketch: 176 },
];

/** One row of the table in docs/cost-model.md. */
export function chaseRow({ pages, measured: [low, high], sketch }: Measured, chase: Chase): string[] {
  const percent = (share: number): string => `${Math.round(share * 100)}`;
  return [
    String(pages),
    low === high ? String(low) : `${low} to ${high}`,
    chase.cyclesPerAccess.toFixed(1),
    String(sketch),
    chase.walksPerAccess.toFixed(2),
    chase.walksPerAccess === 0 ? '' : chase.loadsPerWalk.toFixed(2),
    chase.dataFrom.slice(0, 3).map(percent).join(' / '),
  ];
}
