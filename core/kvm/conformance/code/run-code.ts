import {
  bytesField,
  hexBytes,
  isObject,
  type JsonObject,
  listField,
  MalformedError,
  numberField,
  objectField,
  UnsupportedError,
} from '../fields.ts';
import { answerRead, EventLog } from '../events.ts';
import type { OracleVm } from '../oracle-vm.ts';
import { GuestCpu, STEPPED } from './guest-cpu.ts';

/** Instructions the guest runs before each act of the host, and the most it runs in all. */
const SLICE = 1000;
const MOST = 50_000;

type HostAct = (op: JsonObject) => JsonObject;

/**
 * `guest_code` without raw accesses: the program is decoded and run. `concurrent` acts of the host come one after the other, each after the
 * guest has run for a while; `stop_after_exits` ends the step at an exit.
 */
export function runCode(vm: OracleVm, op: JsonObject, act: HostAct): JsonObject {
  const cpu = new GuestCpu(vm, vm.vcpu!);
  cpu.regs.load(objectField(op, 'regs'));
  cpu.place(bytesField(op, 'code'));
  const acts = op['concurrent'] === undefined ? [] : listField(op, 'concurrent').map(actOf);
  const stopAfter = op['stop_after_exits'] === undefined ? Infinity : numberField(op, 'stop_after_exits');
  const log = new EventLog(vm);
  const answers: JsonObject[] = [];
  let exits = 0;
  let reads = 0;
  let ended = false;
  for (let n = 1; !ended; n++) {
    if (n > MOST) throw new UnsupportedError('guest code that does not end');
    if (n % SLICE === 0 && answers.length < acts.length) answers.push(act(acts[answers.length]!));
    for (let done = cpu.step(); done !== STEPPED.GO_ON && !ended;) {
      if (done === STEPPED.FAILED) log.other({ exit: 'INTERNAL_ERROR', suberror: 1 });
      else if (done === STEPPED.EXIT)
        log.exit(
          vm.vcpu!,
          answerRead(vm.vcpu!, () => reads++),
        );
      ended = done !== STEPPED.EXIT || ++exits >= stopAfter;
      if (!ended) done = cpu.resume();
    }
  }
  log.look();
  const events = op['normalize'] === true ? log.events.map(normalized) : log.events;
  return { events, ...shown(vm, cpu, op), ...(acts.length > 0 ? { concurrent: answers } : {}) };
}

/** Counts that depend on how long the guest ran. */
const normalized = (event: JsonObject): JsonObject =>
  event['eventfd'] === undefined ? event : { ...event, count: 'nonzero' };

function actOf(entry: unknown): JsonObject {
  if (!isObject(entry as JsonObject)) throw new MalformedError('an entry of "concurrent" is not an object');
  return objectField(entry as JsonObject, 'op');
}

/** `show` registers (flags are not modelled) and `dump` memory. */
function shown(vm: OracleVm, cpu: GuestCpu, op: JsonObject): JsonObject {
  const names =
    op['show'] === undefined
      ? []
      : listField(op, 'show')
          .map(String)
          .filter((name) => name !== 'rflags');
  const dumps = op['dump'] === undefined ? [] : listField(op, 'dump');
  const dump = dumps.map((entry): [string, string] => {
    const [gpa, length] = Array.isArray(entry) ? entry.map(Number) : [];
    if (gpa === undefined || length === undefined || !(length <= 4096))
      throw new MalformedError('field "dump" is no list of [gpa, length]');
    const bytes = Array.from({ length }, (_, i) => vm.buffers.read(vm.ram.find(gpa + i)));
    return ['0x' + gpa.toString(16), hexBytes(bytes)];
  });
  return {
    ...(names.length > 0 ? { regs: Object.fromEntries(names.map((name) => [name, cpu.regs.show(name)])) } : {}),
    ...(dumps.length > 0 ? { dump: Object.fromEntries(dump) } : {}),
  };
}
