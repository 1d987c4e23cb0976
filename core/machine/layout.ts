import { err, ok, type Result } from '../base/result.ts';
import type { Design } from '../design/design.ts';
import { bigHi, bigLo } from '../base/words.ts';
import type { KernelSetup } from '../guest/kernel/mm.ts';
import {
  PLAIN_RIGHTS,
  type HostEventOp,
  type HostOp,
  type KernelSetupOp,
  type MapOp,
  type MemslotOp,
  type PagingOp,
  type RamOp,
  type RegistersOp,
  type SetupOp,
  type UnmapOp,
  type PokeOp,
} from '../guest/setup.ts';
import { type Doorbell, realiseDoorbell } from './doorbells.ts';
import { tablePages, tooManyPages } from './guest-tables.ts';
import { kernelGeometry, kernelMaps, kernelSetup } from './kernel-layout.ts';

/** What the VMM does before the guest runs. */
type SetupHostOp = Exclude<HostOp, HostEventOp>;

/** A script's set-up, sorted into what is done in which order: first the VMM's ioctls, then the guest's tables, bytes and registers. */
export interface Layout {
  readonly host: readonly SetupHostOp[];
  readonly maps: readonly (MapOp | UnmapOp)[];
  readonly pokes: readonly PokeOp[];
  readonly registers: readonly RegistersOp[];
  readonly doorbells: readonly Doorbell[];
  readonly mode: PagingOp['mode'];
  /** Where the guest's page tables go: [from, to). */
  readonly tables: { readonly from: bigint; readonly to: bigint };
  readonly vcpus: number;
  /** An in-kernel local APIC. */
  readonly lapic: boolean;
  /** The VM is a TD. */
  readonly td: boolean;
  /** The guest's kernel; null where the script has none. */
  readonly kernel: KernelSetup | null;
  /** Linear address of the guest's code, for the emulator's instruction fetch. */
  readonly code: bigint;
}

/**
 * Sorts the set-up, builds doorbells as the design has them, and finds room for page tables. Read-only doorbell pages take the highest of
 * the kernel's `userSlots` memslot numbers, downwards.
 */
export function layOut(setup: readonly SetupOp[], design: Design, userSlots: number): Result<Layout, string> {
  const host: SetupHostOp[] = [];
  const maps: (MapOp | UnmapOp)[] = [];
  const pokes: PokeOp[] = [];
  const registers: RegistersOp[] = [];
  const doorbells: Doorbell[] = [];
  const kernelOp = setup.find((op): op is KernelSetupOp => op.kind === 'kernel');
  const mode = setup.findLast((op): op is PagingOp => op.kind === 'paging')?.mode ?? '4-level';
  const geometry = kernelGeometry(kernelOp, mode);
  if (!geometry.ok) return geometry;
  let paging: PagingOp = { kind: 'paging', mode: '4-level', tables: null };
  let slot = 0;
  let vcpus = 1;
  for (const op of setup) {
    switch (op.kind) {
      case 'ram':
        host.push({ ...slotOf(op, slot++), ...placeOf(op) });
        if (op.map !== null) maps.push(identity(op.gpa, op.size, op.map));
        break;
      case 'paging':
        paging = op;
        break;
      case 'map':
      case 'unmap':
        maps.push(op);
        break;
      case 'poke':
        pokes.push(op);
        break;
      case 'vcpus':
        vcpus = op.count;
        break;
      case 'registers':
        registers.push(op);
        break;
      case 'doorbell': {
        const made = realiseDoorbell(op, doorbells.length, design.doorbell);
        if (typeof made === 'string') return err(made);
        const bell = moved(made, geometry.value?.io ?? 0n);
        if (bell.space === 'ro-slot' && slot + doorbells.length >= userSlots)
          return err(`too many doorbells: this kernel has ${userSlots} memslots, and each read-only page takes one`);
        for (const ioctl of doorbellOps(bell, doorbells, userSlots)) host.push({ ...ioctl, ...placeOf(op) });
        if (bell.space !== 'pio' && !covered(maps, gvaOf(bell)))
          maps.push({ ...identity(bell.gpa & ~0xfffn, 4096n, '4K'), gva: gvaOf(bell) & ~0xfffn });
        doorbells.push(bell);
        break;
      }
      case 'kernel':
      case 'lapic':
      case 'td':
      case 'external-interrupt':
      case 'machine-check':
        break;
      case 'memslot':
        slot = Math.max(slot, op.slot + 1);
        host.push(op);
        break;
      default:
        host.push(op);
    }
  }
  const first = host.find((op): op is MemslotOp => op.kind === 'memslot' && !op.readonly && op.size > 0n);
  if (kernelOp !== undefined && geometry.value !== null && first !== undefined) {
    const booted = kernelMaps(kernelOp, geometry.value, first);
    if (!booted.ok) return booted;
    maps.push(...booted.value);
    if (kernelOp.pcid) registers.push({ kind: 'registers', pcide: true });
  }
  const tables = findTables(paging, maps, first);
  if (!tables.ok) return tables;
  const kernel =
    kernelOp === undefined || geometry.value === null || first === undefined
      ? ok(null)
      : kernelSetup(kernelOp, geometry.value, first, tables.value);
  if (!kernel.ok) return kernel;
  const code = (geometry.value?.text ?? 0n) + (first === undefined ? 0n : first.gpa);
  return ok({
    host,
    maps,
    pokes,
    registers,
    doorbells,
    mode: paging.mode,
    tables: tables.value,
    kernel: kernel.value,
    vcpus,
    lapic: setup.some(({ kind }) => kind === 'lapic'),
    td: setup.some(({ kind }) => kind === 'td'),
    code,
  });
}

function findTables(
  paging: PagingOp,
  maps: readonly (MapOp | UnmapOp)[],
  first: MemslotOp | undefined,
): Result<{ from: bigint; to: bigint }, string> {
  if (paging.mode === 'none') return ok({ from: 0n, to: 0n });
  if (first === undefined) {
    return err(
      'the guest has paging but no RAM for its page tables: declare vm.ram() first, or vm.paging({ mode: "none" })',
    );
  }
  const ranges = maps.filter((op): op is MapOp => op.kind === 'map');
  const tooMany = tooManyPages(ranges);
  if (tooMany !== null) return err(tooMany);
  const bytes = BigInt(tablePages(paging.mode, ranges)) * 4096n;
  const end = first.gpa + first.size;
  if (paging.tables !== null) return ok({ from: paging.tables & ~0xfffn, to: (paging.tables & ~0xfffn) + bytes });
  if (bytes * 2n > first.size) {
    return err(
      `the page tables need ${bytes / 1024n} KiB, more than half of the first RAM region: map less, use larger pages, or enlarge it`,
    );
  }
  return ok({ from: end - bytes, to: end });
}

/** A doorbell that a guest kernel's driver sees at `io` plus its physical address. */
function moved(bell: Doorbell, io: bigint): Doorbell {
  if (io === 0n || bell.space === 'pio') return bell;
  return { ...bell, hi: bigHi(io + bell.gpa) | 0, lo: bigLo(io + bell.gpa) | 0 };
}

/** Linear address of a doorbell. */
const gvaOf = ({ hi, lo }: Doorbell): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

const placeOf = ({ line }: SetupOp): { line?: number } => (line === undefined ? {} : { line });

const slotOf = (op: RamOp, slot: number): MemslotOp => ({
  kind: 'memslot',
  slot,
  gpa: op.gpa,
  size: op.size,
  readonly: op.readonly,
  logDirty: op.logDirty,
  hva: null,
  hostPage: op.hostPage,
});

const identity = (gpa: bigint, size: bigint, page: MapOp['page']): MapOp => ({
  kind: 'map',
  gva: gpa,
  gpa,
  size,
  page,
  ...PLAIN_RIGHTS,
});

const covered = (maps: readonly (MapOp | UnmapOp)[], gva: bigint): boolean =>
  maps.some((op) => op.kind === 'map' && gva >= op.gva && gva < op.gva + op.size);

/** The ioctls that build one doorbell. Doorbells that share a page share its read-only slot. */
function doorbellOps(bell: Doorbell, before: readonly Doorbell[], userSlots: number): SetupHostOp[] {
  const ops: SetupHostOp[] = [];
  const page = bell.gpa & ~0xfffn;
  const shared = before.some((other) => other.space === 'ro-slot' && (other.gpa & ~0xfffn) === page);
  if (bell.space === 'ro-slot' && !shared) {
    ops.push({
      kind: 'memslot',
      slot: userSlots - 1 - before.length,
      gpa: page,
      size: 4096n,
      readonly: true,
      logDirty: false,
      hva: null,
      hostPage: '4K',
    });
  }
  if (bell.ioeventfd !== null) {
    ops.push({
      kind: 'ioeventfd',
      addr: bell.space === 'pio' ? BigInt(bell.port) : bell.gpa,
      length: bell.ioeventfd.length,
      datamatch: bell.ioeventfd.datamatch,
      pio: bell.space === 'pio',
      deassign: false,
      fd: bell.name,
    });
  }
  return ops;
}
