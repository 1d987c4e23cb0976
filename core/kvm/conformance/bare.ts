import { bigHi, bigLo } from '../../base/words.ts';
import { Instruction, OP } from '../../guest/instruction.ts';
import { type Operand, operandsOf, type RawAccess } from './bare-groups.ts';
import {
  bigField,
  bytesField,
  isObject,
  type JsonObject,
  listField,
  MalformedError,
  numberField,
  objectField,
  textField,
  UnsupportedError,
} from './fields.ts';
import type { GuestRun } from './guest-run.ts';
import type { OracleVm } from './oracle-vm.ts';

/** Guest memory an INS batch goes to when its real destination is RAM: the second MiB is the guest's own. */
const SCRATCH = 0x10_0000n;

/**
 * Replays an instruction sequence from its "bare" list: the exits the same code made on an empty VM, that is, its raw accesses with the
 * values it wrote there. Reads got the same replies in both runs, since nothing registered answers a read; so what was written is the same
 * too. That no longer holds once a read meets RAM (an extra slot), and such a case is not replayed.
 */
export function replayBare(run: GuestRun, vm: OracleVm, op: JsonObject, recorded: JsonObject): void {
  vm.ram.answered = false;
  const raw = listField(recorded, 'bare').map((event) => {
    if (!isObject(event)) throw new MalformedError('an entry of "bare" is not an object');
    return rawAccess(event);
  });
  for (const operand of operandsOf(raw, bytesField(op, 'code'))) {
    if (operand.kind === 'failed') run.log.other({ exit: 'INTERNAL_ERROR', suberror: 1 });
    else run.run(instructionOf(operand));
    if (vm.ram.answered) throw new UnsupportedError('"bare" accesses read an extra slot');
  }
}

/** `ram`: memory written before the code runs. */
export function placeRam(vm: OracleVm, op: JsonObject): void {
  if (op['ram'] === undefined) return;
  const ram = objectField(op, 'ram');
  for (const gpa of Object.keys(ram)) {
    if (!/^0x[0-9a-f]{1,12}$/i.test(gpa)) throw new MalformedError(`"${gpa}" is not a guest address`);
    bytesField(ram, gpa).forEach((byte, i) => {
      const host = vm.ram.find(Number(gpa) + i);
      if (host >= 0) vm.buffers.write(host, byte);
    });
  }
}

function rawAccess(event: JsonObject): RawAccess {
  const kind = textField(event, 'exit');
  if (kind === 'INTERNAL_ERROR') return { kind: 'failed' };
  if (kind === 'IO') return portAccess(event);
  if (kind !== 'MMIO') throw new UnsupportedError('a raw access of an unknown kind');
  const at = bigField(event, 'phys_addr', 64);
  if (numberField(event, 'is_write') === 1) return { kind: 'write', at, bytes: bytesField(event, 'data') };
  return { kind: 'read', at, bytes: bytesField(event, 'reply') };
}

function portAccess(event: JsonObject): RawAccess {
  const isOut = textField(event, 'direction') === 'out';
  const count = numberField(event, 'count');
  if (isOut && count !== 1) throw new UnsupportedError('a port write of several elements at once');
  if (count > 4096) throw new MalformedError(`field "count" is ${count}, more than KVM reads at once`);
  const size = numberField(event, 'size');
  const bytes = bytesField(event, isOut ? 'data' : 'reply');
  return { kind: isOut ? 'out' : 'in', port: numberField(event, 'port'), size, count, bytes };
}

function instructionOf(operand: Exclude<Operand, { kind: 'failed' }>): Instruction {
  const insn = new Instruction();
  switch (operand.kind) {
    case 'read':
    case 'write':
      insn.clear(
        operand.kind === 'read' ? OP.READ : OP.WRITE,
        operand.bytes.length,
        bigHi(operand.at),
        bigLo(operand.at),
      );
      break;
    case 'in':
    case 'out':
      insn.clear(operand.kind === 'in' ? OP.IN : OP.OUT, operand.size, 0, operand.port);
      break;
    case 'ins':
      insn.clear(OP.INS, operand.size, bigHi(operand.at ?? SCRATCH), bigLo(operand.at ?? SCRATCH));
      insn.port = operand.port;
      insn.count = operand.count;
      return insn;
  }
  if (operand.bytes.length > 16) throw new MalformedError('a raw access of more than 16 bytes');
  operand.bytes.forEach((byte, i) => (insn.data[i >> 2]! |= byte << ((i & 3) * 8)));
  return insn;
}
