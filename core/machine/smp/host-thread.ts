import { RECORD } from '../../guest/records.ts';
import { STEP } from '../../cost/steps.ts';
import { codeOf, lineOf } from '../decode.ts';
import type { Machine } from '../machine.ts';
import { type Program, PROGRAM_ENDED } from './program.ts';
import { STEPPED, Thread } from './thread.ts';

/** A thread of the VMM's own, which makes ioctls while the vCPUs run. */
export class HostThread extends Thread {
  /** What it is to do in the run of programs under way. */
  program: Program | null = null;
  private readonly machine: Machine;
  private readonly records: () => Float64Array;

  constructor(machine: Machine, id: number, records: () => Float64Array) {
    // All threads of the VMM share one ledger: only what a step adds is looked at.
    super(id, machine.parts.hostPaths);
    this.machine = machine;
    this.records = records;
  }

  get name(): string {
    return `thread ${this.id - this.machine.vcpuCount} of the VMM`;
  }

  protected carryOut(): number {
    const at = this.program?.next() ?? PROGRAM_ENDED;
    if (at === PROGRAM_ENDED) return STEPPED.ENDED;
    const records = this.records();
    const header = records[at]! | 0;
    const code = codeOf(header);
    if (code === RECORD.HOST) this.machine.applyHost(records[at + 1]!, lineOf(header));
    else if (code === RECORD.PAUSE) {
      this.paths.addMany(STEP['userspace.compute'], records[at + 1]!);
      this.paths.end();
    } else this.machine.stopAt('the host part of cpu.together() holds an instruction of the guest', lineOf(header));
    return STEPPED.DONE;
  }
}
