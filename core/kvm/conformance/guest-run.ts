import { EMULATED } from '../emulate/emulator.ts';
import { KVM_EXIT } from '../emulate/kvm-exit.ts';
import type { VcpuIo } from '../emulate/vcpu-io.ts';
import { type Instruction, OP } from '../../guest/instruction.ts';
import { putByte } from '../../memory/host-memory.ts';
import { EventLog } from './events.ts';
import { type JsonObject, UnsupportedError } from './fields.ts';
import type { OracleVm } from './oracle-vm.ts';

/** Where the recorder put the code of every guest step; page tables lie in the same slot. */
const CODE_GPA = 0x1000;

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
        if (!isString(insn) || insn.count === 0) return this.checkDevices();
        done = emulator.emulate(insn, this.v);
        continue;
      }
      const reply = this.reply();
      this.log.exit(this.v, reply);
      done = emulator.resume(insn, this.v);
    }
  }

  /** The events seen, the last signals and ring entries included. */
  end(): JsonObject[] {
    this.log.look();
    return this.log.events;
  }

  /** Byte j of the k-th read exit is (0x11 * (j % 8 + 1) + k + j / 8) & 0xff. */
  private reply(): number[] | undefined {
    const { v } = this;
    const isPort = v.exitReason === KVM_EXIT.IO;
    if (isPort ? v.pioIn === 0 : v.isWrite === 1) return undefined;
    const k = this.reads++;
    const bytes = Array.from(
      { length: isPort ? v.pioSize * v.pioCount : v.length },
      (_, j) => (0x11 * ((j % 8) + 1) + k + (j >> 3)) & 0xff,
    );
    bytes.forEach((byte, j) => putByte(isPort ? v.pioData : v.mmioData, j, byte));
    return bytes;
  }

  private checkDevices(): void {
    if (this.v.unmodelledRead === 1) throw new UnsupportedError('a register of a device in the kernel is read');
  }
}

const isString = (insn: Instruction): boolean => insn.op >= OP.OUTS && insn.op <= OP.MOVS;
