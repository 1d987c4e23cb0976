import type { PciTestdevFigure } from '../../core/cost/pci-testdev.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import { OP } from '../../core/guest/instruction.ts';
import { drive, type MachineBuilder, type MachineDriver } from './machine-driver.ts';
import { pathsOf } from './paths.ts';

const BAR = 0xfebf_1000n;
const PORT = 0xc050;
const VALUE = 0x5a;
const LOOPS = 64;

/**
 * A PC as QEMU builds it for kvm-unit-tests, on the machine of the pci-testdev figures: interrupt controllers and timer in the kernel, RAM
 * with the hole of the video memory, the coalesced zone of that, and a guest that maps 4 GiB as they are by 2 MiB pages (x86/cstart64.S).
 */
export const unitTestPc = (options: {
  readonly cpu: string;
  readonly kernel: string;
  readonly mitigations?: string;
}): MachineBuilder =>
  drive({ ...options, mmu: options.cpu.startsWith('zen') ? 'npt' : 'ept', irqchip: true, check: false })
    .ram(0, 0xa_0000, { map: null })
    .ram(0x10_0000, 127 << 20, { map: null })
    .map(0, 1n << 32n, { page: '2M' })
    .zone(0xa_0000, 0x2_0000);

/** The steady path of one of pci-testdev's loops: the one that nearly all iterations take. */
export function pciTestdevPath({ bus, ioeventfd }: PciTestdevFigure): PathResult {
  const pc = unitTestPc({ cpu: 'pci-testdev-2013', kernel: '3.14' });
  if (ioeventfd !== 'none') {
    const datamatch = ioeventfd === 'datamatch' ? { datamatch: BigInt(VALUE) } : {};
    pc.ioeventfd('test', bus === 'pio' ? PORT : BAR, 1, { ...datamatch, pio: bus === 'pio' });
  }
  return steadyPath(pc, bus === 'pio' ? (d) => d.insn(OP.OUT, 1, PORT, VALUE) : (d) => d.write(1, BAR, VALUE));
}

/** The loop nobody published: a zero-length ioeventfd on the same machine with kernel 4.2, which has FAST_MMIO. */
export const fastMmioPath = (): PathResult =>
  steadyPath(unitTestPc({ cpu: 'pci-testdev-2013', kernel: '4.2' }).ioeventfd('test', BAR, 0), (d) =>
    d.write(1, BAR, VALUE),
  );

function steadyPath(pc: MachineBuilder, kick: (d: MachineDriver) => unknown): PathResult {
  const paths = pathsOf(pc.start(), (d) => d.repeat(LOOPS, kick));
  const steady = paths.reduce((most, path) => (path.count > most.count ? path : most));
  if (steady.count < LOOPS - 8) throw new Error(`no steady path: ${steady.count} of ${LOOPS}`);
  return steady;
}
