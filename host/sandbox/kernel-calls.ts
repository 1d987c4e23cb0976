import * as v from 'valibot';
import { GEOMETRY, type KernelOp, type KernelSetupOp, type PagingMode } from '../../core/index.ts';
import { decode, Refusal } from './decode.ts';
import { aligned, below, label, modes, oneOf, orFalse, page, physical, shown, size, someSize, word } from './fields.ts';

const prot = oneOf(['none', 'r', 'rw', 'rx', 'rwx'] as const);
const address = v.pipe(word, aligned);

const kernel = v.strictObject({
  release: v.optional(oneOf(['2.6.24', '3.14', '4.15', '6.18'] as const), '6.18'),
  pcid: orFalse,
  gpa: v.optional(v.pipe(physical, aligned)),
  size: v.optional(someSize),
  directMap: v.optional(page),
});
const process = v.custom<{ readonly pid: number }>(
  (input) => typeof input === 'object' && input !== null && 'pid' in input && Number.isSafeInteger(input.pid),
  ({ input }) => `must be a process that os.process() or os.fork() returned, not ${shown(input)}`,
);
const ofProcess = v.strictObject({ process });
const mapping = v.strictObject({
  gva: v.optional(address),
  size: someSize,
  prot: v.optional(prot, 'rw'),
  shared: orFalse,
  file: v.optional(label),
  offset: v.optional(size, 0),
  huge: orFalse,
  populate: orFalse,
  gpa: v.optional(v.pipe(physical, aligned)),
});
const mmap = v.strictObject({ process, mapping });
const munmap = v.strictObject({ process, range: v.strictObject({ gva: address, size: someSize }) });
const mprotect = v.strictObject({ process, range: v.strictObject({ gva: address, size: someSize, prot }) });
const promote = v.strictObject({ process, gva: word });

/** Where mappings go that ask for no address, downwards: below the stacks of 64-bit and of 32-bit processes. */
const MMAP_BASE = { long: 0x7f00_0000_0000n, narrow: 0xb000_0000n };
const MMAP_LEAST = 0x1_0000n;

/** What a call becomes, and what the script gets at once; `value` undefined: what the machine answers. */
export interface KernelCall {
  readonly op: KernelOp;
  readonly value?: unknown;
}

/** `vm.kernel()`'s argument as an operation of the set-up. */
export function kernelSetupOf(input: unknown): KernelSetupOp {
  const { gpa, size: bytes, directMap, ...rest } = decode(kernel, 'vm.kernel', input);
  return { kind: 'kernel', ...rest, gpa: gpa ?? null, size: bytes ?? null, directMap: directMap ?? null };
}

/**
 * The script's half of the guest kernel. Processes get their numbers and mappings their addresses here, when the call is recorded, so that
 * both are known inside `repeat` too.
 */
export class KernelCalls {
  private readonly mode: Exclude<PagingMode, 'none'>;
  private processes = 0;
  private free: bigint;

  constructor(mode: (typeof modes)[number]) {
    this.mode = mode === 'none' ? '4-level' : mode;
    this.free = GEOMETRY[this.mode].levels >= 4 ? MMAP_BASE.long : MMAP_BASE.narrow;
  }

  /** One call by its name after `os.`; throws a Refusal. */
  decode(name: string, input: unknown): KernelCall {
    const call = `os.${name}`;
    switch (name) {
      case 'process':
        return this.born((pid) => ({ call: 'process', pid }));
      case 'fork': {
        const parent = this.pidOf(decode(ofProcess, call, input).process, call);
        return this.born((pid) => ({ call: 'fork', pid: parent, child: pid }));
      }
      case 'switchTo':
      case 'exec':
      case 'exit':
        return { op: { call: name, pid: this.pidOf(decode(ofProcess, call, input).process, call) }, value: null };
      case 'age':
        return { op: { call: 'age', pid: this.pidOf(decode(ofProcess, call, input).process, call) } };
      case 'mmap':
        return this.mmap(input);
      case 'munmap': {
        const { process: of, range } = decode(munmap, call, input);
        this.checkRange(call, range.gva, range.size);
        return { op: { call: 'munmap', pid: this.pidOf(of, call), ...range }, value: null };
      }
      case 'mprotect': {
        const { process: of, range } = decode(mprotect, call, input);
        this.checkRange(call, range.gva, range.size);
        return { op: { call: 'mprotect', pid: this.pidOf(of, call), ...range }, value: null };
      }
      case 'promote': {
        const { process: of, gva } = decode(promote, call, input);
        this.checkRange(call, gva, 1n);
        return { op: { call: 'promote', pid: this.pidOf(of, call), gva } };
      }
      case 'reclaim':
        return { op: { call: 'reclaim', pages: decode(below(2 ** 31), call, input) } };
      case 'enter':
      case 'leave':
        return { op: { call: name }, value: null };
      default:
        throw new Refusal(`there is no ${call}()`);
    }
  }

  private born(op: (pid: number) => KernelOp): KernelCall {
    const pid = this.processes++;
    return { op: op(pid), value: { pid } };
  }

  private pidOf({ pid }: { readonly pid: number }, call: string): number {
    if (pid >= 0 && pid < this.processes) return pid;
    throw new Refusal(`${call}() takes a process that os.process() or os.fork() returned`);
  }

  private mmap(input: unknown): KernelCall {
    const { process: of, mapping: wanted } = decode(mmap, 'os.mmap', input);
    const pid = this.pidOf(of, 'os.mmap');
    const { gva, gpa, file, ...rest } = wanted;
    if (wanted.huge && (wanted.shared || file !== undefined || gpa !== undefined))
      throw new Refusal('os.mmap(): huge is for private anonymous memory');
    if (gpa !== undefined && (file !== undefined || wanted.populate))
      throw new Refusal('os.mmap(): a mapping of a device has no file, and is there at once');
    if (file === undefined && wanted.offset !== 0n)
      throw new Refusal('os.mmap(): offset is into a file; give file too');
    if (file?.startsWith('shmem:') === true) throw new Refusal("os.mmap(): a file's name may not begin with shmem:");
    const at = gva ?? this.place(wanted.size, wanted.huge);
    this.checkRange('os.mmap', at, wanted.size);
    const op: KernelOp = { call: 'mmap', pid, gva: at, ...rest, file: file ?? null, gpa: gpa ?? null };
    return { op, value: { address: `${at}` } };
  }

  /** Room for a mapping that asks for no address. */
  private place(bytes: bigint, huge: boolean): bigint {
    const { bits } = GEOMETRY[this.mode];
    const unit = huge ? 4096n << BigInt(bits[1]!) : 4096n;
    const at = ((this.free - bytes) / unit) * unit;
    if (at < MMAP_LEAST) throw new Refusal('os.mmap(): the address space is full: give gva');
    this.free = at;
    return at;
  }

  private checkRange(call: string, gva: bigint, bytes: bigint): void {
    const end = BigInt(GEOMETRY[this.mode].userPages) << 12n;
    if (gva + bytes > end)
      throw new Refusal(
        `${call}(): ${shown(gva)} is not in a process's part of the address space, which ends at ${shown(end)}`,
      );
  }
}
