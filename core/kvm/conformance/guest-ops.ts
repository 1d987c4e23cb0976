import { bigHi, bigLo } from '../../base/words.ts';
import { VcpuIo } from '../emulate/vcpu-io.ts';
import { Instruction, OP } from '../../guest/instruction.ts';
import { errnoName } from '../io/errno.ts';
import { placeRam, replayBare } from './bare.ts';
import { runCode } from './code/run-code.ts';
import { RunProtocol } from './code/run-protocol.ts';
import { bytesOf } from './events.ts';
import { bigField, type JsonObject, MalformedError, numberField, textField, UnsupportedError } from './fields.ts';
import { GuestRun } from './guest-run.ts';
import type { OracleVm } from './oracle-vm.ts';

/** `recorded` is the answer in the file: only its "bare" list may be looked at. `act` carries out an operation of the host. */
type GuestOp = (vm: OracleVm, op: JsonObject, recorded: JsonObject, act: (op: JsonObject) => JsonObject) => JsonObject;

const MODES: ReadonlySet<string> = new Set(['long64', 'prot32', 'real16']);
const BOOT_RAM = 0x20_0000n;

/** One vCPU, and slot 0 over the first 2 MiB. */
const boot: GuestOp = (vm, op) => {
  const mode = textField(op, 'mode');
  if (!MODES.has(mode)) throw new UnsupportedError('a boot mode of an unknown name');
  if (vm.vcpu !== undefined) throw new UnsupportedError('a second boot');
  vm.ram.narrow = mode !== 'long64';
  vm.vcpu = new VcpuIo();
  const hva = vm.buffers.address({ hva: 'm0' }, 'hva');
  return { errno: errnoName(vm.slots.setRegion({ slot: 0, flags: 0, gpa: 0n, size: BOOT_RAM, hva })) };
};

function access(kind: number, op: JsonObject, place: 'addr' | 'port'): Instruction {
  const address = bigField(op, place, place === 'port' ? 16 : 64);
  const size = numberField(op, 'len');
  if (![1, 2, 4, 8, 16].includes(size) || (place === 'port' && size > 4)) {
    throw new MalformedError(`field "len" is ${size}, not an operand size`);
  }
  const insn = new Instruction();
  insn.clear(kind, size, bigHi(address), bigLo(address));
  if (op['data'] !== undefined) {
    const data = bigField(op, 'data', 128);
    for (let word = 0; word < 4; word++) insn.data[word] = bigLo(data >> BigInt(word * 32));
  }
  return insn;
}

function write(vm: OracleVm, insn: Instruction): JsonObject {
  const run = new GuestRun(vm);
  run.run(insn);
  return { events: run.end() };
}

function read(vm: OracleVm, insn: Instruction): JsonObject {
  const run = new GuestRun(vm);
  run.run(insn);
  const events = run.end();
  return insn.resultWritten === 1 ? { events, value: bytesOf(insn.result, insn.size) } : { events };
}

/** By its raw accesses where they are given; else the code is decoded, which works for little more than moves. */
const guestCode: GuestOp = (vm, op, recorded, act) => {
  const run = new GuestRun(vm);
  placeRam(vm, op);
  if (recorded['bare'] === undefined) return runCode(vm, op, act);
  replayBare(run, vm, op, recorded);
  return { events: run.end() };
};

const protocol = (vm: OracleVm): RunProtocol => (vm.protocol ??= new RunProtocol(vm));

/** Operations of the guest, by name. */
export const GUEST_OPS: Readonly<Record<string, GuestOp>> = {
  boot,
  guest_write: (vm, op) => write(vm, access(OP.WRITE, op, 'addr')),
  guest_read: (vm, op) => read(vm, access(OP.READ, op, 'addr')),
  guest_out: (vm, op) => write(vm, access(OP.OUT, op, 'port')),
  guest_in: (vm, op) => read(vm, access(OP.IN, op, 'port')),
  guest_code: guestCode,
  vcpu_start: (vm, op) => protocol(vm).start(op),
  vcpu_run: (vm) => protocol(vm).run(),
  vcpu_regs: (vm, op) => protocol(vm).regs(op),
  immediate_exit: (vm, op) => protocol(vm).setImmediateExit(op),
  mmio_reply: (vm, op) => protocol(vm).reply(op),
};
