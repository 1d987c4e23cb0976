import type { Method } from './methods.ts';

/** What the host gives the prelude. */
export interface PreludeHost {
  /** First 64 bytes: results; then the records. */
  readonly buffer: ArrayBuffer;
  /** Doubles that records may take, and the number at which a batch is run. */
  readonly capacity: number;
  readonly batch: number;
  readonly seed: number;
  /** First number of a site known by line * 4096 + column of the generated text. */
  readonly unknownSite: number;
  readonly methods: Readonly<Record<string, Method>>;
  readonly prefixes: { readonly lined: string; readonly unused: string };
  /** Runs the batch of `results[0]` doubles. */
  readonly flush: () => void;
  /** Everything else, as JSON: a name, its argument and the site of the call; answers JSON, or '!' and a sentence. */
  readonly ask: (name: string, argument: string, site: string) => string;
}

/** What the prelude gives back. */
export interface Prelude {
  readonly globals: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];
  /** Checks that scenario() was called once; returns its words as JSON. */
  readonly describe: () => string;
  readonly setup: () => void;
  readonly guest: () => void;
}

/**
 * The inside half of the sandbox: this function's text is evaluated in the script's engine, so it uses nothing but its argument and the
 * language. It turns calls of `cpu` into records in a shared buffer and hands the rest to the host.
 */
export function prelude(host: PreludeHost): Prelude {
  const { capacity, batch, flush, prefixes } = host;
  const results = new Float64Array(host.buffer, 0, 8);
  const wide = new BigUint64Array(host.buffer, 0, 8);
  const records = new Float64Array(host.buffer, 64, capacity);
  /** Doubles to keep free at the end: the longest single record. */
  const SLACK = 32;
  const WIDE = 32;
  const SIZE = 64;
  const ARGS = 4096;
  const LINE = 65536;
  const UNKNOWN_SITE = host.unknownSite;
  let used = 0;
  let limit = batch;
  let depth = 0;

  class ScriptError extends Error {
    override name = 'ScriptError';
  }
  const fail = (message: string): never => {
    throw new ScriptError(message);
  };

  /** Runs what was recorded. The host has already noted what went wrong; throwing only ends the script. */
  const run = (): void => {
    results[0] = used;
    used = 0;
    flush();
    if (results[1] !== 0) fail('stopped');
  };
  const full = (): void => {
    if (depth === 0) run();
    else if (used >= capacity - SLACK)
      fail('the body of cpu.repeat() is too long to record: more than a million numbers');
  };

  const show = (value: unknown): string => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'function') return 'a function';
    if (typeof value === 'symbol') return 'a symbol';
    return Array.isArray(value)
      ? 'an array'
      : typeof value === 'object' && value !== null
        ? 'an object'
        : `${value as number}`;
  };

  /** A record with a bigint in it: narrow where every number is exact as a double, else every argument as two words. */
  const push = (header: number, args: readonly unknown[]): void => {
    if (used >= limit) full();
    const narrow: number[] = [];
    const words: number[] = [];
    let fits = true;
    for (const arg of args) {
      if (typeof arg === 'bigint') {
        if (arg < -(2n ** 63n) || arg >= 2n ** 64n) fail(`${show(arg)} does not fit in 64 bits`);
        const signed = BigInt.asIntN(64, arg);
        const number = Number(signed);
        if (!Number.isSafeInteger(number)) fits = false;
        narrow.push(number);
        words.push(Number((signed >> 32n) & 0xffff_ffffn), Number(signed & 0xffff_ffffn));
      } else if (typeof arg === 'number') {
        if (!Number.isSafeInteger(arg)) fail(`${arg} is not an exact integer; beyond 2^53 write a bigint`);
        narrow.push(arg);
        words.push(Math.floor(arg / 2 ** 32), ((arg % 2 ** 32) + 2 ** 32) % 2 ** 32);
      } else fail(`expected a number or a bigint, not ${show(arg)}`);
    }
    const list = fits ? narrow : words;
    records[used] = fits ? header : header + WIDE + (words.length - narrow.length) * ARGS;
    for (let i = 0; i < list.length; i++) records[used + 1 + i] = list[i]!;
    used += 1 + list.length;
  };

  const answer32 = (): number => {
    run();
    return results[2]!;
  };
  const answer64 = (): bigint => {
    run();
    return wide[3]!;
  };

  /** Stands for a value inside repeat() when nobody could see that it is used. */
  const poison = (name: string): object => {
    const trap = (): never => useInRepeat(name);
    const traps = Object.getOwnPropertyNames(Reflect).map((key) => [key, trap] as const);
    return new Proxy(function () {}, Object.fromEntries(traps));
  };
  const useInRepeat = (name: string): never =>
    fail(
      `the result of cpu.${name}() is used inside cpu.repeat(), but the body runs only once, to be recorded; ` +
        'use an ordinary loop where values decide',
    );

  type Lined = (header: number, ...args: never[]) => unknown;
  interface Recorders {
    readonly used: Lined;
    readonly unused?: Lined;
  }

  const one = (header: number, a: unknown): void => {
    if (used >= limit) full();
    try {
      records[used] = header;
      records[used + 1] = a as number;
      used += 2;
    } catch {
      push(header, [a]);
    }
  };
  const two = (header: number, a: unknown, b: unknown): void => {
    if (used >= limit) full();
    try {
      records[used] = header;
      records[used + 1] = a as number;
      records[used + 2] = b as number;
      used += 3;
    } catch {
      push(header, [a, b]);
    }
  };
  /** A 64-bit store, whose value is usually a bigint. */
  const two64 = (header: number, a: unknown, b: unknown): void => {
    if (typeof b !== 'bigint') return two(header, a, b);
    if (used >= limit) full();
    const value = Number(b);
    if (value > 0x1f_ffff_ffff_ffff || value < -0x1f_ffff_ffff_ffff) return push(header, [a, b]);
    try {
      records[used] = header;
      records[used + 1] = a as number;
      records[used + 2] = value;
      used += 3;
    } catch {
      push(header, [a, b]);
    }
  };
  const three = (header: number, a: unknown, b: unknown, c: unknown): void => push(header, [a, b, c]);
  const none = (header: number): void => push(header, []);

  const width = (header: number, bytes: unknown, usual: number): number => {
    const size = bytes === undefined ? usual : bytes;
    if (size !== 1 && size !== 2 && size !== 4 && size !== 8) fail(`a width is 1, 2, 4 or 8 bytes, not ${show(size)}`);
    return header + (size as number) * SIZE;
  };

  const answering = (name: string, record: Lined, answer: () => unknown): Recorders => ({
    unused: record,
    used: (header, ...args) => {
      if (depth > 0) useInRepeat(name);
      record(header, ...args);
      return answer();
    },
  });

  const bellId = (bell: unknown): number => {
    const id = typeof bell === 'object' && bell !== null ? (bell as { id?: unknown }).id : undefined;
    return typeof id === 'number' ? id : fail(`expected a doorbell that vm.doorbell() returned, not ${show(bell)}`);
  };
  /** Doorbell records are never wide. */
  const exact = (value: unknown): number => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      fail(`a doorbell's value must be an integer below 2^53, not ${show(value)}`);
    return number as number;
  };

  const repeat = (header: number, times: unknown, body: unknown): void => {
    if (typeof body !== 'function') fail(`cpu.repeat() takes a number and a function, not ${show(body)}`);
    if (!Number.isSafeInteger(times) || (times as number) < 0)
      fail(`cpu.repeat() takes a whole number of times, at least 0, not ${show(times)}`);
    if (depth === 0 && used > 0) run();
    if (used >= capacity - SLACK) full();
    const start = used;
    records[start] = header;
    records[start + 1] = times as number;
    used += 3;
    depth++;
    limit = capacity - SLACK;
    const returned: unknown = (body as () => unknown)();
    depth--;
    if (returned instanceof Promise) fail('the body of cpu.repeat() is asynchronous; a script cannot wait');
    records[start + 2] = used - start - 3;
    if (times === 0 || used === start + 3) used = start;
    if (depth === 0) {
      limit = batch;
      if (used >= limit) run();
    }
  };

  const special: Record<string, Recorders> = {
    write128: {
      used: (header: number, address: unknown, value: unknown, high: unknown = 0) => {
        const words = [address, value, high].map((part) => BigInt(part as number));
        if (used >= limit) full();
        records[used++] = header + WIDE + 4 * ARGS;
        for (const word of words) {
          if (word < -(2n ** 63n) || word >= 2n ** 64n) fail(`${show(word)} does not fit in 64 bits`);
          records[used++] = Number((word >> 32n) & 0xffff_ffffn);
          records[used++] = Number(word & 0xffff_ffffn);
        }
      },
    },
    outs: {
      used: (h: number, port: unknown, at: unknown, n: unknown, w?: unknown) => three(width(h, w, 1), port, at, n),
    },
    ins: {
      used: (h: number, port: unknown, at: unknown, n: unknown, w?: unknown) => three(width(h, w, 1), port, at, n),
    },
    stos: {
      used: (h: number, at: unknown, value: unknown, n: unknown, w?: unknown) => three(width(h, w, 8), at, value, n),
    },
    movs: {
      used: (h: number, to: unknown, from: unknown, n: unknown, w?: unknown) => three(width(h, w, 8), to, from, n),
    },
    invpcid: {
      used: (h: number, type: unknown, pcid: unknown = 0, at: unknown = 0) => {
        if (type !== 0 && type !== 1 && type !== 2 && type !== 3) fail(`INVPCID has types 0 to 3, not ${show(type)}`);
        two(h + (type as number) * SIZE, at, pcid);
      },
    },
    setCpl: {
      used: (h: number, level: unknown) => {
        if (level !== 0 && level !== 3) fail(`the privilege level is 0 or 3, not ${show(level)}`);
        none(h + (level as number) * SIZE);
      },
    },
    setAc: { used: (h: number, on: unknown) => none(h + (on === true ? SIZE : 0)) },
    kick: { used: (h: number, bell: unknown, value: unknown = 1) => two(h, bellId(bell), exact(value)) },
    readBell: answering('readBell', (h: number, bell: unknown) => one(h, bellId(bell)), answer64),
    addBell: answering(
      'addBell',
      (h: number, bell: unknown, value: unknown) => two(h, bellId(bell), exact(value)),
      answer64,
    ),
    repeat: { used: repeat },
  };

  const plain = [none, one, two];
  const recordersOf = (name: string, { shape, header }: Method): Recorders => {
    if (shape === 'load') return answering(name, one, answer32);
    if (shape === 'load64') return answering(name, one, answer64);
    if (shape === 'store') return { used: name === 'write64' ? two64 : two };
    if (shape === 'rmw')
      return answering(
        name,
        (h: number, at: unknown, value: unknown, w?: unknown) => two(width(h, w, 4), at, value),
        answer64,
      );
    if (shape === 'cmpxchg')
      return answering(
        name,
        (h: number, at: unknown, value: unknown, expected: unknown, w?: unknown) =>
          three(width(h, w, 4), at, value, expected),
        answer64,
      );
    if (shape === 'plain') return { used: plain[Math.floor(header / ARGS)]! };
    return special[name]!;
  };

  /** Site of a call that the compiler did not see (an alias, a computed name): read from the stack, which is slow. */
  const dynamicSite = (): number => {
    const place = /\(?script:(\d+):(\d+)\)?/.exec(new Error().stack ?? '');
    return UNKNOWN_SITE + (place === null ? 0 : Number(place[1]) * 4096 + Math.min(4095, Number(place[2])));
  };

  const cpu: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(host.methods)) {
    const { used: lined, unused } = recordersOf(name, method);
    cpu[prefixes.lined + name] = lined;
    if (unused !== undefined) cpu[prefixes.unused + name] = unused;
    const call = lined as (header: number, ...args: unknown[]) => unknown;
    const quiet = unused as typeof call | undefined;
    cpu[name] = (...args: unknown[]) => {
      const header = method.header + dynamicSite() * LINE;
      if (quiet === undefined || depth === 0) return call(header, ...args);
      quiet(header, ...args);
      return poison(name);
    };
  }

  /** JSON has no bigint, NaN or bytes. */
  const encode = (value: unknown): string =>
    JSON.stringify(value, (_key, part: unknown) => {
      if (typeof part === 'bigint') return { $: 'bigint', value: `${part}` };
      if (typeof part === 'number' && !Number.isFinite(part)) return { $: 'number', value: `${part}` };
      if (part instanceof Uint8Array) return { $: 'bytes', value: [...part] };
      return typeof part === 'function' || typeof part === 'symbol' ? { $: 'other', value: show(part) } : part;
    }) ?? 'null';
  const ask = (name: string, argument: unknown): unknown => {
    const text = host.ask(name, encode(argument), `${dynamicSite()}`);
    return text.startsWith('!') ? fail(text.slice(1)) : JSON.parse(text);
  };

  /** sfc32, seeded as the core's own generator is. */
  const state = new Int32Array([0x9e3779b9 ^ host.seed, 0x243f6a88, (host.seed / 2 ** 32) | 0, 1]);
  const next = (): number => {
    const t = (((state[0]! + state[1]!) | 0) + state[3]!) | 0;
    state[3] = (state[3]! + 1) | 0;
    state[0] = state[1]! ^ (state[1]! >>> 9);
    state[1] = (state[2]! + (state[2]! << 3)) | 0;
    state[2] = (state[2]! << 21) | (state[2]! >>> 11);
    state[2] = (state[2]! + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  cpu['random'] = (bound: unknown): number => {
    if (depth > 0)
      fail('cpu.random() inside cpu.repeat() would be drawn once and not in each turn; draw before the loop');
    if (!Number.isSafeInteger(bound) || (bound as number) < 1 || (bound as number) > 2 ** 32)
      fail(`cpu.random() takes a bound from 1 to 2^32, not ${show(bound)}`);
    return Math.floor((next() / 2 ** 32) * (bound as number));
  };
  cpu['lastFault'] = (): unknown => {
    if (depth > 0) useInRepeat('lastFault');
    run();
    const fault = ask('lastFault', null) as { vector: number; errorCode: number; address: string } | null;
    return fault === null ? null : { ...fault, address: BigInt(fault.address) };
  };

  const vm: Record<string, unknown> = {};
  for (const name of ['ram', 'paging', 'map', 'unmap', 'memslot', 'ioeventfd', 'coalesced', 'registers', 'poke'])
    vm[name] = (argument: unknown): void => void ask(`vm.${name}`, argument);
  vm['doorbell'] = (argument: unknown): unknown => Object.freeze(ask('vm.doorbell', argument));

  const hostSide: Record<string, unknown> = {};
  for (const name of [
    'memslot',
    'createSlot',
    'deleteSlot',
    'ioeventfd',
    'coalesced',
    'getDirtyLog',
    'reclaim',
    'flushAll',
  ])
    hostSide[name] = (argument: unknown): unknown => {
      const index = ask(`host.${name}`, argument ?? null) as { header: number; index: number };
      push(index.header + dynamicSite() * LINE, [index.index]);
      if (depth > 0) return poison(name);
      run();
      return -Math.abs(results[5]!);
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
    const text = ask('scenario', description);
    const { setup, guest } = description as Record<string, unknown>;
    if (typeof guest !== 'function') fail('scenario() needs guest(cpu, context, host), the program of the guest');
    if (setup !== undefined && typeof setup !== 'function') fail('setup must be a function: setup(vm) { ... }');
    words = JSON.stringify(text);
    described = description as Described;
  };

  let context: unknown;
  const globals = {
    scenario,
    console: Object.freeze({
      log: (...values: unknown[]): void =>
        void ask('log', values.map((value) => (typeof value === 'string' ? value : encodeForPeople(value))).join(' ')),
    }),
    $exitlab: Object.freeze({
      here: 0,
      /** Notes where a throw stands, for values that carry no stack. */
      thrown: (site: number, value: unknown): unknown => {
        results[4] = site;
        return value;
      },
    }),
  };
  const encodeForPeople = (value: unknown): string => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return String(value);
    return (
      JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value)
    );
  };
  Object.freeze(cpu);
  Object.freeze(vm);
  Object.freeze(hostSide);

  return {
    globals,
    names: Object.keys(globals),
    describe: () => {
      if (described === undefined) fail('the script never calls scenario()');
      return words;
    },
    setup: () => {
      context = described!.setup?.(vm);
      if (context instanceof Promise) fail('setup() is asynchronous; a script cannot wait');
    },
    guest: () => {
      const returned = described!.guest(cpu, context, hostSide);
      if (returned instanceof Promise) fail('guest() is asynchronous; a script cannot wait');
      run();
    },
  };
}
