import type { GuestKernel } from '../../core/guest/kernel/kernel.ts';
import type { KernelOp, MmapOp } from '../../core/guest/kernel/ops.ts';
import { RECORD } from '../../core/guest/records.ts';
import type { KernelSetupOp, PagingMode } from '../../core/guest/setup.ts';
import { drive, type DriveOptions, type MachineDriver } from './machine-driver.ts';

export const MIB = 1 << 20;

export interface KernelOptions extends DriveOptions {
  readonly mode?: Exclude<PagingMode, 'none'>;
  readonly release?: KernelSetupOp['release'];
  readonly pcid?: boolean;
  /** Bytes of RAM. */
  readonly ram?: number;
  /** Page frames of the kernel's; default what RAM has. */
  readonly frames?: number;
}

/** A machine with a guest kernel on it. */
export class KernelDriver {
  readonly d: MachineDriver;

  constructor(d: MachineDriver) {
    this.d = d;
  }

  /** What a call returns. */
  os(op: KernelOp): number {
    const { machine } = this.d;
    this.d.other(RECORD.HOST, machine.addKernelOp(op));
    return machine.resultLo >>> 0;
  }

  /** An anonymous private mapping, unless told otherwise. */
  mmap(pid: number, gva: number | bigint, size: number, more: Partial<MmapOp> = {}): void {
    this.os({
      call: 'mmap',
      pid,
      gva: BigInt(gva),
      size: BigInt(size),
      prot: 'rw',
      shared: false,
      file: null,
      offset: 0n,
      huge: false,
      populate: false,
      gpa: null,
      ...more,
    });
  }

  munmap(pid: number, gva: number | bigint, size: number): void {
    this.os({ call: 'munmap', pid, gva: BigInt(gva), size: BigInt(size) });
  }

  /** A new process that runs. */
  start(pid: number): void {
    this.os({ call: 'process', pid });
    this.os({ call: 'switchTo', pid });
  }

  isAlive(pid: number): boolean {
    return this.kernel().mm.processes.isAlive(pid);
  }

  /** Page frames in use, the page of zeros among them. */
  usedFrames(): number {
    return this.kernel().usedFrames;
  }

  /** Pages of files in memory. */
  cachedPages(): number {
    return this.kernel().mm.cache.count;
  }

  kernel(): GuestKernel {
    return this.d.machine.guestKernel!;
  }

  vmstat(name: string): number {
    return this.d.machine.vmstat()?.[name] ?? 0;
  }
}

export function bootKernel(options: KernelOptions = {}): KernelDriver {
  const { mode = '4-level', release = '6.18', pcid = false, ram = 16 * MIB, frames, ...rest } = options;
  const size = frames === undefined ? null : BigInt(frames * 4096);
  return new KernelDriver(
    drive(rest)
      .ram(0, ram, { map: null })
      .paging(mode)
      .op({ kind: 'kernel', release, pcid, gpa: null, size, directMap: null })
      .start(),
  );
}
