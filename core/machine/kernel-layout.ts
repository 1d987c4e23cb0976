import { err, ok, type Result } from '../base/result.ts';
import { GEOMETRY, type Geometry, LOWMEM } from '../guest/kernel/geometry.ts';
import type { KernelSetup } from '../guest/kernel/mm.ts';
import { RELEASES } from '../guest/kernel/release.ts';
import type { KernelSetupOp, MapOp, MemslotOp, PageSize, PagingMode } from '../guest/setup.ts';

/** What a kernel keeps of its first memory for its own code and data. */
const KERNEL_IMAGE = 1n << 20n;
const LEAST_FRAMES = 64n;

/** The guest's memory as its kernel will have it; null without a kernel. A sentence where it cannot be. */
export function kernelGeometry(op: KernelSetupOp | undefined, mode: PagingMode): Result<Geometry | null, string> {
  if (op === undefined) return ok(null);
  if (mode === 'none') return err("vm.kernel() needs paging: leave vm.paging({ mode: 'none' }) out");
  const release = RELEASES[op.release];
  if (op.pcid && mode !== '4-level' && mode !== '5-level') return err(`${mode} paging has no PCIDs`);
  if (op.pcid && !release.pcid) return err(`Linux ${release.id} uses no PCIDs: they came with 4.14`);
  return ok(GEOMETRY[mode]);
}

/** What boot maps in the kernel's half: all of the first memory, and the kernel's code. */
export function kernelMaps(op: KernelSetupOp, geometry: Geometry, ram: MemslotOp): Result<readonly MapOp[], string> {
  const narrow = geometry.levels < 4;
  if (narrow && ram.gpa + ram.size > LOWMEM) {
    return err(
      `a 32-bit guest kernel maps its memory directly, at most ${LOWMEM >> 20n} MiB from 0: make the first vm.ram() smaller`,
    );
  }
  const large = geometry.mode === '2-level' ? 1n << 22n : 1n << 21n;
  const page: PageSize = op.directMap ?? ((ram.gpa | ram.size) % large === 0n ? '2M' : '4K');
  const direct = kernelMap(geometry.direct + ram.gpa, ram.gpa, ram.size, page, true, narrow);
  if (narrow) return ok([direct]);
  const text = kernelMap(geometry.text + ram.gpa, ram.gpa, KERNEL_IMAGE, '4K', false, true);
  return ok(ram.size < KERNEL_IMAGE ? [direct] : [direct, text]);
}

/** The kernel's set-up, once it is known where the boot tables are. */
export function kernelSetup(
  op: KernelSetupOp,
  geometry: Geometry,
  ram: MemslotOp,
  tables: { readonly from: bigint; readonly to: bigint },
): Result<KernelSetup, string> {
  const ramEnd = ram.gpa + ram.size;
  const inRam = tables.from >= ram.gpa && tables.from < ramEnd;
  const from = op.gpa ?? ram.gpa + KERNEL_IMAGE;
  const to = op.size !== null ? from + op.size : inRam ? tables.from : ramEnd;
  if (from < ram.gpa || to > ramEnd) return err('vm.kernel(): its memory must lie in the first vm.ram()');
  if (from < tables.to && tables.from < to)
    return err(`vm.kernel(): the boot page tables at 0x${tables.from.toString(16)} lie in its memory`);
  const frames = (to - from) >> 12n;
  if (frames < LEAST_FRAMES) {
    return err(
      'vm.kernel(): too little memory: the first vm.ram() needs 1 MiB for the kernel, its boot page tables, and more',
    );
  }
  return ok({
    geometry,
    release: RELEASES[op.release],
    pcid: op.pcid,
    firstFrame: Number(from >> 12n),
    frames: Number(frames),
    initPgd: Number(tables.from >> 12n),
  });
}

const kernelMap = (
  gva: bigint,
  gpa: bigint,
  size: bigint,
  page: PageSize,
  writable: boolean,
  execute: boolean,
): MapOp => ({
  kind: 'map',
  gva: BigInt.asUintN(64, gva),
  gpa,
  size,
  page,
  writable,
  user: false,
  execute,
  global: true,
  pkey: 0,
  present: true,
});
