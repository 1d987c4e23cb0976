import { putByte } from '../../../memory/host-memory.ts';
import { KVM_EXIT } from '../../emulate/kvm-exit.ts';
import { EventLog } from '../events.ts';
import {
  bytesField,
  type JsonObject,
  listField,
  MalformedError,
  numberField,
  objectField,
  UnsupportedError,
} from '../fields.ts';
import type { OracleVm } from '../oracle-vm.ts';
import { GuestCpu, STEPPED } from './guest-cpu.ts';

const MOST = 50_000;

/** KVM_RUN step by step: `vcpu_start`, `vcpu_run` and what userspace does in between. */
export class RunProtocol {
  private readonly vm: OracleVm;
  private readonly cpu: GuestCpu;
  private immediateExit = false;

  constructor(vm: OracleVm) {
    if (vm.vcpu === undefined) throw new UnsupportedError('guest access before boot');
    this.vm = vm;
    this.cpu = new GuestCpu(vm, vm.vcpu);
  }

  start(op: JsonObject): JsonObject {
    this.cpu.regs.load(objectField(op, 'regs'));
    this.cpu.place(bytesField(op, 'code'));
    return { errno: 'OK' };
  }

  /** One KVM_RUN: first completes what the last exit left, also with immediate_exit set; then EINTR or the guest. */
  run(): JsonObject {
    const log = new EventLog(this.vm);
    let done: number = this.cpu.waits ? this.cpu.resume() : STEPPED.GO_ON;
    if (done === STEPPED.GO_ON && this.immediateExit) {
      log.look();
      return { errno: 'EINTR', events: log.events };
    }
    for (let n = 0; done === STEPPED.GO_ON; n++) {
      if (n > MOST) throw new UnsupportedError('guest code that does not end');
      done = this.cpu.step();
    }
    if (done === STEPPED.EXIT) log.exit(this.vm.vcpu!, undefined);
    else if (done === STEPPED.FAILED) log.other({ exit: 'INTERNAL_ERROR', suberror: 1 });
    else if (this.vm.irqchip.present) throw new UnsupportedError('HLT with an in-kernel local APIC');
    else log.other({ exit: 'HLT' });
    return { errno: 'OK', events: log.events };
  }

  regs(op: JsonObject): JsonObject {
    return Object.fromEntries(listField(op, 'show').map((name) => [String(name), this.cpu.regs.show(String(name))]));
  }

  setImmediateExit(op: JsonObject): JsonObject {
    this.immediateExit = numberField(op, 'value') !== 0;
    return { errno: 'OK' };
  }

  reply(op: JsonObject): JsonObject {
    const v = this.vm.vcpu!;
    const bytes = bytesField(op, 'data');
    if (bytes.length > 8) throw new MalformedError('field "data" is longer than kvm_run.mmio.data');
    if (v.exitReason === KVM_EXIT.IO) throw new UnsupportedError('an MMIO reply to a port exit');
    bytes.forEach((byte, i) => putByte(v.mmioData, i, byte));
    return { errno: 'OK' };
  }
}
