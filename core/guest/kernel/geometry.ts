import type { PagingMode } from '../setup.ts';

/**
 * Where a Linux guest has what, by paging mode (Documentation/arch/x86/x86_64/mm.rst for 4 and 5 levels; asm/page_32_types.h, the default
 * VMSPLIT_3G, for the 32-bit modes).
 */
export interface Geometry {
  readonly mode: Exclude<PagingMode, 'none'>;
  readonly levels: number;
  readonly entryBytes: 4 | 8;
  /** Index bits by level, 1 being the last; [0] is unused. */
  readonly bits: readonly number[];
  /** First page number of the kernel's part of the address space. */
  readonly userPages: number;
  /** First entry of the top table that belongs to the kernel, and how many the table has. */
  readonly kernelIndex: number;
  readonly topEntries: number;
  /** The direct map of physical memory (PAGE_OFFSET). */
  readonly direct: bigint;
  /** The kernel's own code: this plus its physical address (__START_KERNEL_map; the direct map in 32-bit modes). */
  readonly text: bigint;
  /** Where device pages are mapped for drivers: this plus their physical address. */
  readonly io: bigint;
  /** Where the code of a program is linked to (ld's default). */
  readonly program: bigint;
}

const WIDE = { entryBytes: 8, bits: [0, 9, 9, 9, 9, 9], kernelIndex: 256, topEntries: 512 } as const;
const LONG = { ...WIDE, text: 0xffff_ffff_8000_0000n, program: 0x40_0000n } as const;
const NARROW = {
  userPages: 0xc0000,
  direct: 0xc000_0000n,
  text: 0xc000_0000n,
  io: 0n,
  program: 0x0804_8000n,
} as const;

export const GEOMETRY: Readonly<Record<Exclude<PagingMode, 'none'>, Geometry>> = {
  '2-level': {
    mode: '2-level',
    levels: 2,
    entryBytes: 4,
    bits: [0, 10, 10],
    kernelIndex: 768,
    topEntries: 1024,
    ...NARROW,
  },
  pae: { mode: 'pae', levels: 3, entryBytes: 8, bits: [0, 9, 9, 2], kernelIndex: 3, topEntries: 4, ...NARROW },
  '4-level': {
    mode: '4-level',
    levels: 4,
    ...LONG,
    userPages: 2 ** 35,
    direct: 0xffff_8880_0000_0000n,
    io: 0xffff_c900_0000_0000n,
  },
  '5-level': {
    mode: '5-level',
    levels: 5,
    ...LONG,
    userPages: 2 ** 44,
    direct: 0xff11_0000_0000_0000n,
    io: 0xffa0_0000_0000_0000n,
  },
};

/** Physical memory that a 32-bit kernel maps directly here; above it the kernel's half holds device pages. */
export const LOWMEM = 512n << 20n;

/** Pages that one entry of a level spans. */
export function spanOf({ bits }: Geometry, level: number): number {
  let span = 1;
  for (let l = 1; l < level; l++) span *= 2 ** bits[l]!;
  return span;
}

/** Page number of a user address. */
export const pageOf = (hi: number, lo: number): number => (hi >>> 0) * 0x10_0000 + (lo >>> 12);

/** High and low word of the address of a page. */
export const pageHi = (page: number): number => Math.floor(page / 0x10_0000) | 0;
export const pageLo = (page: number): number => (page % 0x10_0000) << 12;
