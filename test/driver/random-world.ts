import fc from 'fast-check';
import { findDesign, findKernel } from '../../core/design/registry.ts';
import type { Configuration } from '../../core/experiment/result.ts';
import { PLAIN_RIGHTS, type MapOp, type PageSize, type PagingMode, type SetupOp } from '../../core/guest/setup.ts';
import { GuestTables } from '../../core/machine/guest-tables.ts';
import { layOut } from '../../core/machine/layout.ts';

/**
 * A guest for random programs. Guest-physical geography is fixed, what stands there is drawn: RAM in two slots, a read-only slot, a slot
 * that comes and goes, four pages of MMIO, doorbells. Twelve neighbouring linear pages (windows) lead to random pages with random rights,
 * so that accesses which cross a page join any two kinds of memory.
 */
const RAM0 = 0n;
const RAM0_SIZE = 0x40_0000n;
export const TABLES = 0x20_0000n;
export const DATA = 0x10_0000n;
export const RAM1 = 0x1000_0000n;
export const RAM1_SIZE = 0x20_0000n;
const ROM = 0x2000_0000n;
export const TOGGLE = 0x3000_0000n;
/** The first page of RAM1 once more, through a slot of its own over the same host memory. */
export const ALIAS = 0x3800_0000n;
export const MMIO = 0x4000_0000n;
export const BELLS = 0x5000_0000n;
export const HUGE_2M = 0x7000_0000n;
export const HUGE_1G = 0x8000_0000n;
export const SLOT = Object.freeze({ RAM0: 0, RAM1: 1, ROM: 2, TOGGLE: 3, ALIAS: 4 });
/** Where the machine puts RAM1: each slot of the VMM has the GiB it needs and one more. */
const RAM1_HVA = 0x1000_8000_0000n;
export const WINDOWS = 12;
/** Pages behind the windows whose entries are empty at first, and each of which is only ever given one entry. */
export const FRESH = 4;
const PAGE = 4096n;

/** Guest-physical pages that a window may lead to. */
export const TARGETS: readonly bigint[] = [
  ...[0n, 1n, 2n].map((n) => DATA + n * PAGE),
  ...[0n, 1n, 511n].map((n) => RAM1 + n * PAGE),
  ...[0n, 1n].map((n) => ROM + n * PAGE),
  ...[0n, 1n].map((n) => TOGGLE + n * PAGE),
  ...[0n, 1n, 2n, 3n].map((n) => MMIO + n * PAGE),
  BELLS,
  ALIAS,
];

export const PORTS = [0x510, 0x520, 0x530, 0x601, 0x7e] as const;

/** A window's page-table entry, without its format. */
export interface Entry {
  readonly target: number;
  readonly present: boolean;
  readonly writable: boolean;
  readonly user: boolean;
  readonly execute: boolean;
  readonly global: boolean;
  readonly pkey: number;
  readonly accessedDirty: 0 | 0x20 | 0x60;
  readonly reserved: boolean;
}

interface Eventfd {
  readonly addr: bigint;
  readonly length: number;
  readonly datamatch: bigint | null;
  readonly pio: boolean;
}

export interface World {
  readonly mode: PagingMode;
  readonly hostPage: PageSize;
  readonly highHalf: boolean;
  readonly registers: {
    readonly cpl: number;
    readonly wp: boolean;
    readonly smep: boolean;
    readonly smap: boolean;
    readonly pke: boolean;
    readonly pcide: boolean;
    readonly pkru: number;
  };
  readonly windows: readonly Entry[];
  readonly eventfds: readonly Eventfd[];
  readonly zones: readonly { readonly addr: bigint; readonly size: number; readonly pio: boolean }[];
  readonly toggleThere: boolean;
  readonly logDirty: boolean;
}

const mostly = (value: boolean): fc.Arbitrary<boolean> =>
  fc.integer({ min: 0, max: 5 }).map((n) => (n === 5 ? !value : value));

/** A page-table entry; most are usable. */
export const entries: fc.Arbitrary<Entry> = fc.record({
  target: fc.nat(TARGETS.length - 1),
  present: mostly(true),
  writable: mostly(true),
  user: mostly(true),
  execute: mostly(true),
  global: mostly(false),
  pkey: fc.constantFrom(0, 0, 0, 1, 2),
  accessedDirty: fc.constantFrom(0, 0x20, 0x60),
  reserved: fc.integer({ min: 0, max: 30 }).map((n) => n === 30),
});

/** Where ioeventfds may stand: no two overlap, and no zone covers one. */
const SITES: readonly { addr: bigint; pio: boolean }[] = [
  ...[0x0n, 0x40n, 0x100n, 0xff8n].map((offset) => ({ addr: MMIO + offset, pio: false })),
  { addr: MMIO + PAGE, pio: false },
  { addr: ROM + 0x100n, pio: false },
  { addr: TOGGLE, pio: false },
  { addr: RAM1 + 8n, pio: false },
  { addr: 0x510n, pio: true },
  { addr: 0x520n, pio: true },
];

const eventfdAt = (site: (typeof SITES)[number], lengths: readonly number[]): fc.Arbitrary<Eventfd> =>
  fc
    .record({
      length: fc.constantFrom(...lengths),
      datamatch: fc.constantFrom(null, null, 0n, 1n, 0x0101n, 0x1_0000_0001n),
    })
    .map(({ length, datamatch }) => ({ ...site, length, datamatch: length === 0 ? null : datamatch }));

const registers: fc.Arbitrary<World['registers']> = fc.record({
  cpl: fc.constantFrom(0, 0, 3),
  wp: mostly(true),
  smep: mostly(false),
  smap: mostly(false),
  pke: mostly(false),
  pcide: mostly(false),
  pkru: fc.constantFrom(0, 4, 8, 0x18),
});

const MODES: PagingMode[] = ['4-level', '4-level', '4-level', '5-level', 'pae', '2-level', 'none'];
const modes = fc.constantFrom(...MODES);

/** Worlds whose ioeventfds neither overlap nor have length 0, and whose zones cover none: nothing known goes wrong in them. */
export const saneWorlds: fc.Arbitrary<World> = worlds(false);

/** Worlds with zero-length ioeventfds, and zones over ioeventfds. */
export const hazardousWorlds: fc.Arbitrary<World> = worlds(true);

function worlds(hazards: boolean): fc.Arbitrary<World> {
  const lengths = hazards ? [0, 0, 1, 2, 4, 8] : [1, 2, 4, 4, 8];
  const zones: World['zones'] = [
    { addr: MMIO + 2n * PAGE, size: 4096, pio: false },
    { addr: MMIO + 3n * PAGE + 0x800n, size: 0x100, pio: false },
    { addr: 0x600n, size: 8, pio: true },
    ...(hazards ? [{ addr: MMIO, size: 4096, pio: false }] : []),
  ];
  return fc
    .record({
      mode: modes,
      hostPage: fc.constantFrom<PageSize>('4K', '4K', '2M'),
      highHalf: fc.boolean(),
      registers,
      windows: fc.array(entries, { minLength: WINDOWS, maxLength: WINDOWS }),
      sites: fc.subarray([...SITES]),
      zones: fc.subarray([...zones]),
      toggleThere: fc.boolean(),
      logDirty: mostly(false),
    })
    .chain(({ sites, ...rest }) =>
      fc.tuple(...sites.map((site) => eventfdAt(site, lengths))).map((eventfds) => ({ ...rest, eventfds })),
    );
}

export const isLong = (mode: PagingMode): boolean => mode === '4-level' || mode === '5-level';

/** Linear address of the first window. */
export function windowBase({ mode, highHalf }: World): bigint {
  return highHalf && isLong(mode) ? -0x7800_0000_0000n : 0x6000_0000n;
}

/** Linear address of the pages without entries. */
export const freshBase = (world: World): bigint => windowBase(world) + BigInt(WINDOWS) * PAGE;

const ram = (
  gpa: bigint,
  size: bigint,
  hostPage: PageSize,
  readonly: boolean,
  logDirty: boolean,
  map: PageSize | null,
) => ({ kind: 'ram', gpa, size, readonly, logDirty, hostPage, map }) as const;

const mapping = (gva: bigint, gpa: bigint, size: bigint, page: PageSize): MapOp => ({
  kind: 'map',
  gva,
  gpa,
  size,
  page,
  ...PLAIN_RIGHTS,
});

/** The set-up of a world under a design, whose doorbells stand in one page (or are ports). */
export function setupOf(world: World, { design: designId, kernel: kernelId }: Configuration): SetupOp[] {
  const design = findDesign(designId);
  if (!design.ok) throw new Error(design.error);
  const kernel = findKernel(kernelId);
  if (!kernel.ok) throw new Error(kernel.error);
  const pio = design.value.doorbell.space === 'pio';
  const { mode, registers: regs } = world;
  const long = isLong(mode);
  const ops: SetupOp[] = [
    ram(RAM0, RAM0_SIZE, world.hostPage, false, false, '4K'),
    ram(RAM1, RAM1_SIZE, world.hostPage, false, world.logDirty, null),
    ram(ROM, 2n * PAGE, '4K', true, false, null),
    { kind: 'paging', mode, tables: TABLES },
  ];
  if (world.toggleThere) ops.push(toggle(true));
  ops.push({
    kind: 'memslot',
    slot: SLOT.ALIAS,
    gpa: ALIAS,
    size: PAGE,
    readonly: false,
    logDirty: false,
    hva: RAM1_HVA,
    hostPage: world.hostPage,
  });
  world.windows.forEach((entry, n) => {
    ops.push(mapping(windowBase(world) + BigInt(n) * PAGE, TARGETS[entry.target]!, PAGE, '4K'));
  });
  if (mode !== 'none')
    ops.push(mapping(HUGE_2M, mode === '2-level' ? RAM1 : RAM1, mode === '2-level' ? 4n << 20n : 2n << 20n, '2M'));
  if (long) ops.push(mapping(HUGE_1G, MMIO, 1n << 30n, '1G'));
  world.eventfds.forEach((e, n) => ops.push({ kind: 'ioeventfd', ...e, deassign: false, fd: `fd${n}` }));
  // An old kernel takes a zone of ports for one of MMIO (KVM_CAP_COALESCED_PIO came with 4.20).
  const zones = world.zones.filter((zone) => !zone.pio || kernel.value.policy.io.coalescedPio);
  for (const zone of zones) ops.push({ kind: 'coalesced', ...zone, unregister: false });
  ops.push({ kind: 'doorbell', id: 0, name: 'bell0', width: 4, gpa: pio ? null : BELLS, match: 1n });
  ops.push({ kind: 'doorbell', id: 1, name: 'bell1', width: 2, gpa: pio ? null : BELLS + 0x40n, match: 0x0101n });
  ops.push({ kind: 'poke', gpa: ROM, bytes: Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i) });
  ops.push({
    kind: 'registers',
    cpl: regs.cpl,
    wp: regs.wp,
    ...(mode === 'none' ? {} : { smep: regs.smep, smap: regs.smap }),
    ...(long ? { pke: regs.pke, pcide: regs.pcide, pkru: regs.pkru } : {}),
  });
  const tables = tablesOf(world, ops, designId);
  if (tables !== null) {
    world.windows.forEach((entry, n) => {
      const place = tables.entryOf(windowBase(world) + BigInt(n) * PAGE, 1, false)!;
      ops.push({ kind: 'poke', gpa: place, bytes: entryBytes(entry, mode) });
    });
  }
  return ops;
}

export const toggle = (there: boolean, gpa: bigint = TOGGLE): SetupOp & { kind: 'memslot' } => ({
  kind: 'memslot',
  slot: SLOT.TOGGLE,
  gpa,
  size: there ? 2n * PAGE : 0n,
  readonly: false,
  logDirty: false,
  hva: null,
  hostPage: '4K',
});

/** The guest's tables as the machine will build them, to find out where a window's entry lies. */
export function tablesOf(world: World, setup: readonly SetupOp[], designId: string): GuestTables | null {
  if (world.mode === 'none') return null;
  const design = findDesign(designId);
  const layout = design.ok ? layOut(setup, design.value, 125) : design;
  if (!layout.ok) throw new Error(layout.error);
  const words = new Map<bigint, bigint>();
  const { from, to } = layout.value.tables;
  const tables = new GuestTables(world.mode, from, to, {
    read: (gpa) => words.get(gpa) ?? 0n,
    write: (gpa, _bytes, value) => words.set(gpa, value),
  });
  for (const op of layout.value.maps) if (op.kind === 'map') tables.map(op);
  return tables;
}

/** Bytes of an entry in the guest's format. */
export function entryBits(entry: Entry, mode: PagingMode): bigint {
  const narrow = mode === '2-level';
  let bits = TARGETS[entry.target]! | BigInt(entry.accessedDirty);
  if (entry.present) bits |= 1n;
  if (entry.writable) bits |= 2n;
  if (entry.user) bits |= 4n;
  if (entry.global) bits |= 0x100n;
  if (narrow) return bits;
  if (!entry.execute) bits |= 1n << 63n;
  if (isLong(mode)) bits |= BigInt(entry.pkey) << 59n;
  return entry.reserved ? bits | (1n << 51n) : bits;
}

function entryBytes(entry: Entry, mode: PagingMode): Uint8Array {
  const bits = entryBits(entry, mode);
  return Uint8Array.from({ length: mode === '2-level' ? 4 : 8 }, (_, i) => Number((bits >> BigInt(i * 8)) & 0xffn));
}
