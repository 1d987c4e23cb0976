import type { InsideHost } from './host.ts';
import type { insideRandom } from './random.ts';
import type { insideRecords } from './records.ts';
import type { insideText } from './text.ts';

/** The other functions of the inside. */
interface Parts {
  readonly insideRandom: typeof insideRandom;
  readonly insideRecords: typeof insideRecords;
  readonly insideText: typeof insideText;
}

/** What the prelude gives back. */
interface Prelude {
  readonly globals: Readonly<Record<string, unknown>>;
  /** Checks that scenario() was called once; returns its words as JSON. */
  readonly describe: () => string;
  readonly setup: () => void;
  readonly guest: () => void;
}

/**
 * The inside half of the sandbox. The texts of the functions in this folder are evaluated in the script's engine, so each uses nothing but
 * its arguments and the language, and imports only types. This one makes the script's globals.
 */
export function prelude(host: InsideHost, parts: Parts): Prelude {
  const text = parts.insideText();
  const { show } = text;
  const records = parts.insideRecords(host, text);
  const { cpu, run, fail, recording, useInRepeat } = records;
  const next = parts.insideRandom(host.seed);

  const ask = (name: string, argument: unknown): unknown => {
    const answer = host.ask(name, text.encode(argument), `${records.site()}`);
    return answer.startsWith('!') ? fail(answer.slice(1)) : JSON.parse(answer);
  };

  cpu['random'] = (bound: unknown): number => {
    if (recording())
      fail('cpu.random() inside cpu.repeat() would be drawn once and not in each turn; draw before the loop');
    if (!Number.isSafeInteger(bound) || (bound as number) < 1 || (bound as number) > 2 ** 32)
      fail(`cpu.random() takes a bound from 1 to 2^32, not ${show(bound)}`);
    return Math.floor((next() / 2 ** 32) * (bound as number));
  };
  cpu['lastFault'] = (): unknown => {
    if (recording()) useInRepeat('lastFault');
    run();
    const fault = ask('lastFault', null) as { vector: number; errorCode: number; address: string } | null;
    return fault === null ? null : { ...fault, address: BigInt(fault.address) };
  };

  cpu['phase'] = (name: unknown): void => {
    if (recording()) fail('cpu.phase() inside cpu.repeat() would split a loop that is counted as a whole');
    const index = ask('cpu.phase', name ?? null) as { header: number; index: number };
    records.push(index.header + records.siteHeader(), [index.index]);
  };

  const vm: Record<string, unknown> = {};
  for (const name of [
    'ram',
    'paging',
    'map',
    'unmap',
    'memslot',
    'ioeventfd',
    'coalesced',
    'registers',
    'poke',
    'vcpus',
    'lapic',
    'td',
  ])
    vm[name] = (argument: unknown): void => void ask(`vm.${name}`, argument ?? null);
  vm['doorbell'] = (argument: unknown): unknown => Object.freeze(ask('vm.doorbell', argument));

  /** A call of the guest kernel; what it is worth at once, or undefined where the machine must be asked. */
  const call = (name: string, argument: unknown): unknown => {
    const found = ask(`os.${name}`, argument) as { header: number; index: number; value?: unknown };
    records.push(found.header + records.siteHeader(), [found.index]);
    return found.value;
  };
  const answer = (name: string, argument: unknown): unknown => {
    call(name, argument);
    if (recording()) return records.poison(name);
    run();
    return records.results[2]!;
  };
  const os: Record<string, unknown> = {
    process: (): unknown => Object.freeze(call('process', null)),
    fork: (process: unknown): unknown => Object.freeze(call('fork', { process })),
    mmap: (process: unknown, mapping: unknown): unknown => {
      const { address } = call('mmap', { process, mapping }) as { address: string };
      return Number(address);
    },
    munmap: (process: unknown, range: unknown): void => void call('munmap', { process, range }),
    mprotect: (process: unknown, range: unknown): void => void call('mprotect', { process, range }),
    age: (process: unknown): unknown => answer('age', { process }),
    reclaim: (pages: unknown): unknown => answer('reclaim', pages),
    promote: (process: unknown, gva: unknown): unknown => {
      const made = answer('promote', { process, gva });
      return recording() ? made : made === 1;
    },
    syscall: (body: unknown): void => {
      if (body !== undefined && typeof body !== 'function') fail(`os.syscall() takes a function, not ${show(body)}`);
      call('enter', null);
      const returned = (body as (() => unknown) | undefined)?.();
      if (returned instanceof Promise) fail('the body of os.syscall() is asynchronous; a script cannot wait');
      call('leave', null);
    },
    vmstat: (): unknown => {
      if (recording()) useInRepeat('vmstat');
      run();
      return ask('vmstat', null);
    },
  };
  for (const name of ['switchTo', 'exec', 'exit']) os[name] = (process: unknown): void => void call(name, { process });
  vm['kernel'] = (options: unknown = {}): unknown => {
    ask('vm.kernel', options);
    return os;
  };

  const hostSide: Record<string, unknown> = {};
  for (const name of [
    'memslot',
    'createSlot',
    'deleteSlot',
    'ioeventfd',
    'coalesced',
    'getDirtyLog',
    'reclaim',
    'whileIn',
    'externalInterrupt',
    'machineCheck',
  ])
    hostSide[name] = (argument: unknown): unknown => {
      const index = ask(`host.${name}`, argument ?? null) as { header: number; index: number };
      records.push(index.header + records.siteHeader(), [index.index]);
      if (recording()) return records.poison(name);
      run();
      return -Math.abs(records.results[5]!);
    };

  const noClock = function (): never {
    return fail('there is no clock in a script: time is what the model says');
  };
  Math.random = () => next() / 2 ** 32;
  const unavailable = { value: noClock, writable: false, configurable: false };
  Object.defineProperty(noClock, 'now', unavailable);
  Object.defineProperty(noClock, 'parse', unavailable);
  Object.defineProperty(noClock, 'UTC', unavailable);
  Object.defineProperty(globalThis, 'Date', unavailable);
  Object.defineProperty(globalThis, 'WeakRef', { value: undefined });
  Object.defineProperty(globalThis, 'FinalizationRegistry', { value: undefined });

  type Described = { setup?: (vm: object) => unknown; guest: (cpu: object, context: unknown, host: object) => unknown };
  let described: Described | undefined;
  let words = '';
  const scenario = (description: unknown): void => {
    if (described !== undefined) fail('scenario() is called a second time; a script has one scenario');
    const echoed = ask('scenario', description);
    const { setup, guest } = description as Record<string, unknown>;
    if (typeof guest !== 'function') fail('scenario() needs guest(cpu, context, host), the program of the guest');
    if (setup !== undefined && typeof setup !== 'function') fail('setup must be a function: setup(vm) { ... }');
    words = JSON.stringify(echoed);
    described = description as Described;
  };

  let context: unknown;
  const globals = {
    scenario,
    console: Object.freeze({
      log: (...values: unknown[]): void =>
        void ask('log', values.map((value) => (typeof value === 'string' ? value : text.print(value))).join(' ')),
    }),
    $exitlab: Object.freeze({
      here: 0,
      /** Notes where a throw stands, for values that carry no stack. */
      thrown: (site: number, value: unknown): unknown => {
        records.results[4] = site;
        return value;
      },
    }),
  };
  Object.freeze(cpu);
  Object.freeze(vm);
  Object.freeze(hostSide);
  Object.freeze(os);

  return {
    globals,
    describe: () => {
      if (described === undefined) fail('the script never calls scenario()');
      return words;
    },
    setup: () => {
      context = described!.setup?.(vm);
      if (context instanceof Promise) fail(host.noPromises);
    },
    guest: () => {
      const returned = described!.guest(cpu, context, hostSide);
      if (returned instanceof Promise) fail(host.noPromises);
      run();
    },
  };
}
