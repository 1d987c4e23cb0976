import { EMULATED } from '../emulate/emulator.ts';
import type { VcpuIo } from '../emulate/vcpu-io.ts';
import { type Instruction, isString } from '../../guest/instruction.ts';
import { answerRead, EventLog } from './events.ts';
import { type JsonObject, UnsupportedError } from './fields.ts';
import { CODE_GPA } from './code/guest-cpu.ts';
import type { OracleVm } from './oracle-vm.ts';

/** Runs instructions on the vCPU of a case as the recorder's userspace did: it answers every read by the rule of the files. */
export class GuestRun {
  readonly log: EventLog;
  private readonly vm: OracleVm;
  private readonly v: VcpuIo;
  /** Read exits so far: the k of the reply rule. */
  private reads = 0;

  constructor(vm: OracleVm) {
    if (vm.vcpu === undefined) throw new UnsupportedError('guest access before boot');
    if (vm.ram.find(CODE_GPA) !== vm.buffers.bufferStart('m0') + CODE_GPA) {
      throw new UnsupportedError('guest code or page tables are not in memory any more');
    }
    this.vm = vm;
    this.v = vm.vcpu;
    this.log = new EventLog(vm);
  }

  /** Carries an instruction out to its end, through as many exits as it takes. */
  run(insn: Instruction): void {
    const { emulator } = this.vm;
    let done = emulator.emulate(insn, this.v);
    for (;;) {
      if (done === EMULATED.FAILED) return this.log.other({ exit: 'INTERNAL_ERROR', suberror: this.v.suberror });
      if (done === EMULATED.REENTER) {
        if (!isString(insn.op) || insn.count === 0) return this.checkDevices();
        done = emulator.emulate(insn, this.v);
        continue;
      }
      this.log.exit(
        this.v,
        answerRead(this.v, () => this.reads++),
      );
      done = emulator.resume(insn, this.v);
    }
  }

  /** The events seen, the last signals and ring entries included. */
  end(): JsonObject[] {
    this.log.look();
    return this.log.events;
  }

  private checkDevices(): void {
    if (this.v.unmodelledRead === 1) throw new UnsupportedError('a register of a device in the kernel is read');
  }
}
