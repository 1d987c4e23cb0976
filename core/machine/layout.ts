import { err, ok, type Result } from '../base/result.ts';
import type { Design } from '../design/design.ts';
import {
  PLAIN_RIGHTS,
  type HostOp,
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

/** A script's set-up, sorted into what is done in which order: first the VMM's ioctls, then the guest's tables, bytes and registers. */
export interface Layout {
  readonly host: readonly HostOp[];
  readonly maps: readonly (MapOp | UnmapOp)[];
  readonly pokes: readonly PokeOp[];
  readonly registers: readonly RegistersOp[];
  readonly doorbells: readonly Doorbell[];
  readonly mode: PagingOp['mode'];
  /** Where the guest's page tables go: [from, to). */
  readonly tables: { readonly from: bigint; readonly to: bigint };
  /** Linear address of the guest's code, for the emulator's instruction fetch. */
  readonly code: bigint;
}

/**
 * Sorts the set-up, builds doorbells as the design has them, and finds room for page tables. Read-only doorbell pages take the highest of
 * the kernel's `userSlots` memslot numbers, downwards.
 */
export function layOut(setup: readonly SetupOp[], design: Design, userSlots: number): Result<Layout, string> {
  const host: HostOp[] = [];
  const maps: (MapOp | UnmapOp)[] = [];
  const pokes: PokeOp[] = [];
  const registers: RegistersOp[] = [];
  const doorbells: Doorbell[] = [];
  let paging: PagingOp = { kind: 'paging', mode: '4-level', tables: null };
  let slot = 0;
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
      case 'registers':
        registers.push(op);
        break;
      case 'doorbell': {
        const bell = realiseDoorbell(op, doorbells.length, design.doorbell);
        if (typeof bell === 'string') return err(bell);
        if (bell.space === 'ro-slot' && slot + doorbells.length >= userSlots)
          return err(`too many doorbells: this kernel has ${userSlots} memslots, and each read-only page takes one`);
        for (const made of doorbellOps(bell, doorbells, userSlots)) host.push({ ...made, ...placeOf(op) });
        if (bell.space !== 'pio' && !covered(maps, bell.gpa)) maps.push(identity(bell.gpa & ~0xfffn, 4096n, '4K'));
        doorbells.push(bell);
        break;
      }
      case 'memslot':
        slot = Math.max(slot, op.slot + 1);
        host.push(op);
        break;
      default:
        host.push(op);
    }
  }
  const first = host.find((op): op is MemslotOp => op.kind === 'memslot' && !op.readonly && op.size > 0n);
  const tables = findTables(paging, maps, first);
  if (!tables.ok) return tables;
  const code = first === undefined ? 0n : first.gpa;
  return ok({ host, maps, pokes, registers, doorbells, mode: paging.mode, tables: tables.value, code });
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
function doorbellOps(bell: Doorbell, before: readonly Doorbell[], userSlots: number): HostOp[] {
  const ops: HostOp[] = [];
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
