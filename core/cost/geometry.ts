import type { CacheGeometry, Geometry, TlbGeometry, TlbSet } from './cpu-model.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
const DUMP = 'InstLatX64 CPUID dump';

export const tlb = (entries: number, ways: number, source = DUMP): TlbGeometry => ({ entries, ways, source });

/** Fully associative. */
export const full = (entries: number, source = DUMP): TlbGeometry => ({ entries, ways: entries, source });

export const cache = (bytes: number, ways: number, source = DUMP): CacheGeometry => ({ bytes, ways, source });

/** One array for the page sizes listed, as AMD's first levels and Intel's second. */
export const shared = (
  sizes: readonly ('4K' | '2M' | '1G')[],
  geometry: TlbGeometry,
  p1g: TlbGeometry | null = null,
): TlbSet => ({ p4k: null, p2m: null, p1g, shared: { sizes, geometry } });

/** An array for each page size; null where there is none. */
export const split = (p4k: TlbGeometry | null, p2m: TlbGeometry | null, p1g: TlbGeometry | null): TlbSet => ({
  p4k,
  p2m,
  p1g,
});

/** Intel's split paging-structure caches. No vendor publishes sizes: ChampSim's defaults, which reverse engineering supports. */
export const INTEL_PSC: Geometry['psc'] = {
  kind: 'split',
  pml5: 2,
  pml4: 4,
  pdpt: 8,
  pd: 32,
  source: 'ChampSim defaults; PDE about 32 also by RevAnC, recalled',
};

/** AMD's page-walk cache, one array keyed by the physical address of the entry. */
export const AMD_PSC: Geometry['psc'] = {
  kind: 'unified',
  entries: 64,
  source: 'recalled for Zen; fits the Zen 4 pointer chase',
};

export const nestedTlb = (entries: 32 | 64): Geometry['nestedTlb'] => ({
  entries,
  source: 'estimate: 16 in Bhargava et al. 2008 (recalled); 64 fits the Zen 4 pointer chase',
});

/** First level of AMD's Zen: 64 or 72 entries for every page size. */
export const zenL1 = (entries: number, source = DUMP): TlbSet => shared(['4K', '2M', '1G'], full(entries, source));

/** Zen's second level for instruction fetches. */
export const ZEN_L2_INSTR: TlbSet = shared(['4K', '2M'], tlb(512, 8));
