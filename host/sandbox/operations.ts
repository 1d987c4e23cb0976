import * as v from 'valibot';
import {
  err,
  type HostOp,
  ok,
  type PageSize,
  PLAIN_RIGHTS,
  type Result,
  type SetupOp,
  WINDOW_NAMES,
} from '../../core/index.ts';
import { decode, Refusal } from './decode.ts';
import { kernelSetupOf } from './kernel-calls.ts';
import {
  PAGE_BYTES,
  shown,
  word,
  physical,
  aligned,
  size,
  someSize,
  flag,
  orFalse,
  orTrue,
  oneOf,
  below,
  hostOrBelow,
  label,
  page,
  modes,
} from './fields.ts';

/** What the operations depend on besides their argument. */
interface OperationContext {
  /** Host page size where the script does not say. */
  readonly hostPage: PageSize;
  /** Bits of a canonical address so far. */
  readonly addressBits: number;
  /** Doorbells made so far. */
  readonly doorbells: number;
}

/** vCPUs that a script may have. */
const MOST_VCPUS = 16;

const ram = v.strictObject({
  gpa: v.pipe(physical, aligned),
  size: someSize,
  readonly: orFalse,
  logDirty: orFalse,
  hostPage: v.optional(page),
  map: v.optional(oneOf(['4K', '2M', '1G', false] as const), '4K'),
  mapSize: v.optional(someSize),
});
const doorbell = v.strictObject({
  name: label,
  width: v.optional(oneOf([1, 2, 4, 8] as const), 4),
  gpa: v.optional(physical),
  match: v.optional(word, 1),
});
const paging = v.strictObject({ mode: oneOf(modes), tables: v.optional(v.pipe(physical, aligned)) });
const map = v.strictObject({
  gva: word,
  gpa: physical,
  size: someSize,
  page: v.optional(page, '4K'),
  writable: orTrue,
  user: orTrue,
  execute: orTrue,
  global: orFalse,
  pkey: v.optional(below(16), 0),
  present: orTrue,
});
const unmap = v.strictObject({ gva: v.pipe(word, aligned), size: someSize });
const memslot = v.strictObject({
  slot: below(32764),
  gpa: v.pipe(physical, aligned),
  size,
  readonly: orFalse,
  logDirty: orFalse,
  hva: v.optional(v.pipe(word, aligned)),
  hostPage: v.optional(page),
});
const ioeventfd = v.strictObject({
  addr: word,
  length: below(2 ** 32),
  datamatch: v.optional(word),
  pio: orFalse,
  deassign: orFalse,
  fd: label,
});
const coalesced = v.strictObject({ addr: word, size: below(2 ** 32), pio: orFalse, unregister: orFalse });
const registers = v.strictObject({
  cpl: v.optional(oneOf([0, 3] as const)),
  wp: v.optional(flag),
  smep: v.optional(flag),
  smap: v.optional(flag),
  pke: v.optional(flag),
  pcide: v.optional(flag),
  pge: v.optional(flag),
  pkru: v.optional(below(2 ** 32)),
  osxsave: v.optional(flag),
  xcr0: v.optional(hostOrBelow(2 ** 31)),
});
const machineCheck = v.strictObject({ when: v.optional(oneOf(['guest', 'entry'] as const), 'guest') });
const poke = v.strictObject({ gpa: physical, bytes: v.array(below(256)) });
const access = v.strictObject({
  op: oneOf(['read', 'write', 'invlpg', 'movCr3'] as const),
  address: word,
  value: v.optional(word, 0),
  width: v.optional(oneOf([1, 2, 4, 8] as const), 8),
});
const whileIn = v.strictObject({
  window: oneOf(WINDOW_NAMES),
  nth: v.optional(below(2 ** 31), 1),
  vcpu: v.optional(below(MOST_VCPUS), 1),
  accesses: v.array(access),
});
const reclaim = v.strictObject({ gpa: v.pipe(physical, aligned), size: someSize });

const canonical = (call: string, name: string, address: bigint, bits: number): bigint => {
  const signed = BigInt.asIntN(64, address);
  const half = 1n << BigInt(bits - 1);
  if (bits === 32 ? address < 1n << 32n : signed >= -half && signed < half) return address;
  throw new Refusal(
    bits === 32
      ? `${call}(): ${name} ${shown(address)} is not an address of 32-bit paging`
      : `${call}(): ${name} ${shown(address)} is not canonical: bits 63 to ${bits - 1} must be equal`,
  );
};

/** What `vm` and `host` can be asked, by name. */
const OPERATIONS: Readonly<Record<string, (input: unknown, context: OperationContext) => readonly SetupOp[]>> = {
  'vm.ram': (input, { hostPage }) => {
    const { map: pages, mapSize, ...region } = decode(ram, 'vm.ram', input);
    const part = mapSize !== undefined && pages !== false;
    const slot: SetupOp = {
      kind: 'ram',
      ...region,
      hostPage: region.hostPage ?? hostPage,
      map: pages === false || part ? null : pages,
    };
    if (!part) return [slot];
    return [slot, { kind: 'map', gva: region.gpa, gpa: region.gpa, size: mapSize, page: pages, ...PLAIN_RIGHTS }];
  },
  'vm.doorbell': (input, { doorbells }) => {
    const { gpa, ...bell } = decode(doorbell, 'vm.doorbell', input);
    const width = bell.width;
    if (bell.match >= 1n << BigInt(8 * width)) throw new Refusal(`vm.doorbell(): match does not fit in ${width} bytes`);
    return [{ kind: 'doorbell', id: doorbells, ...bell, gpa: gpa ?? null }];
  },
  'vm.paging': (input) => {
    const { mode, tables } = decode(paging, 'vm.paging', input);
    return [{ kind: 'paging', mode, tables: tables ?? null }];
  },
  'vm.map': (input, { addressBits }) => {
    const op = decode(map, 'vm.map', input);
    canonical('vm.map', 'gva', op.gva, addressBits);
    for (const name of ['gva', 'gpa', 'size'] as const) {
      if (op[name] % PAGE_BYTES[op.page] !== 0n)
        throw new Refusal(`vm.map(): ${name} must be a multiple of the page size ${op.page}, not ${shown(op[name])}`);
    }
    return [{ kind: 'map', ...op }];
  },
  'vm.unmap': (input, { addressBits }) => {
    const op = decode(unmap, 'vm.unmap', input);
    canonical('vm.unmap', 'gva', op.gva, addressBits);
    return [{ kind: 'unmap', ...op }];
  },
  'vm.memslot': (input, context) => [slotOf('vm.memslot', input, context)],
  'vm.ioeventfd': (input) => [eventfdOf('vm.ioeventfd', input)],
  'vm.coalesced': (input) => [{ kind: 'coalesced', ...decode(coalesced, 'vm.coalesced', input) }],
  'vm.registers': (input) => [{ kind: 'registers', ...decode(registers, 'vm.registers', input) } as SetupOp],
  'vm.vcpus': (input) => {
    const count = decode(below(MOST_VCPUS + 1), 'vm.vcpus', input);
    if (count === 0) throw new Refusal('vm.vcpus() takes at least 1');
    return [{ kind: 'vcpus', count }];
  },
  'vm.kernel': (input) => [kernelSetupOf(input)],
  'vm.poke': (input) => {
    const { gpa, bytes } = decode(poke, 'vm.poke', input);
    return [{ kind: 'poke', gpa, bytes: Uint8Array.from(bytes) }];
  },
  'host.memslot': (input, context) => [slotOf('host.memslot', input, context)],
  'host.createSlot': (input, context) => [slotOf('host.createSlot', input, context)],
  'host.deleteSlot': (input, context) => {
    const slot = decode(below(32764), 'host.deleteSlot', input);
    return [slotOf('host.deleteSlot', { slot, gpa: 0, size: 0 }, context)];
  },
  'host.ioeventfd': (input) => [eventfdOf('host.ioeventfd', input)],
  'host.coalesced': (input) => [{ kind: 'coalesced', ...decode(coalesced, 'host.coalesced', input) }],
  'host.getDirtyLog': (input) => [{ kind: 'get-dirty-log', slot: decode(below(32764), 'host.getDirtyLog', input) }],
  'host.whileIn': (input, { addressBits }) => {
    const op = decode(whileIn, 'host.whileIn', input);
    for (const { op: kind, address, value, width } of op.accesses) {
      if (kind !== 'movCr3') canonical('host.whileIn', 'address', address, addressBits);
      if (value >= 1n << BigInt(8 * width))
        throw new Refusal(`host.whileIn(): value ${shown(value)} does not fit in ${width} bytes`);
    }
    return [{ kind: 'while-in', ...op }];
  },
  'vm.lapic': () => [{ kind: 'lapic' }],
  'vm.td': () => [{ kind: 'td' }],
  'host.externalInterrupt': () => [{ kind: 'external-interrupt' }],
  'host.machineCheck': (input) => [
    { kind: 'machine-check', ...decode(machineCheck, 'host.machineCheck', input ?? {}) },
  ],
  'host.reclaim': (input) => [{ kind: 'reclaim', ...decode(reclaim, 'host.reclaim', input) }],
};

function slotOf(call: string, input: unknown, { hostPage }: OperationContext): HostOp {
  const { hva, ...slot } = decode(memslot, call, input);
  return { kind: 'memslot', ...slot, hva: hva ?? null, hostPage: slot.hostPage ?? hostPage };
}

function eventfdOf(call: string, input: unknown): HostOp {
  const { datamatch, ...eventfd } = decode(ioeventfd, call, input);
  return { kind: 'ioeventfd', ...eventfd, datamatch: datamatch ?? null };
}

/** The operations that a call stands for, or one sentence. */
export function decodeOperation(name: string, input: unknown, context: OperationContext): Result<readonly SetupOp[]> {
  const decoder = OPERATIONS[name];
  if (decoder === undefined) return err(`there is no ${name}()`);
  try {
    return ok(decoder(input, context));
  } catch (error) {
    if (error instanceof Refusal) return err(error.message);
    throw error;
  }
}
