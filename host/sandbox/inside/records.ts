import type { Method } from '../methods.ts';
import type { InsideHost } from './host.ts';
import type { InsideText } from './text.ts';

/** The recording half of the inside. */
interface InsideRecords {
  /** Methods of `cpu`: the plain names, and the lined ones that the compiler calls. */
  readonly cpu: Record<string, unknown>;
  /** Runs what was recorded. */
  readonly run: () => void;
  readonly push: (header: number, args: readonly unknown[]) => void;
  /** Doubles shared with the host: what a run answers. */
  readonly results: Float64Array;
  /** True inside the body of repeat(). */
  readonly recording: () => boolean;
  /** Site of the call that is under way, as part of a header. */
  readonly siteHeader: () => number;
  /** Number of the same site. */
  readonly site: () => number;
  /** Throws the user's mistake. */
  readonly fail: (message: string) => never;
  /** Complains of a value that repeat() cannot know. */
  readonly useInRepeat: (name: string) => never;
  /** Stands for such a value where nobody saw whether it is used. */
  readonly poison: (name: string) => object;
}

/** Turns calls of `cpu` into records in the shared buffer. Self-contained: see prelude.ts. */
export function insideRecords(host: InsideHost, { show }: InsideText): InsideRecords {
  const { capacity, batch, flush, prefixes } = host;
  const results = new Float64Array(host.buffer, 0, 8);
  const wide = new BigUint64Array(host.buffer, 0, 8);
  const records = new Float64Array(host.buffer, 64, capacity);
  /** Doubles to keep free at the end: the longest single record. */
  const SLACK = 32;
  const { wide: WIDE, size: SIZE, args: ARGS, line: LINE } = host.units;
  const UNKNOWN_SITE = host.unknownSite;
  let used = 0;
  let limit = batch;
  let depth = 0;
  /** The call whose body is being recorded, as messages name it. */
  let recorder = 'cpu.repeat()';

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
      fail(`the body of ${recorder} is too long to record: more than a million numbers`);
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
      recorder === 'cpu.repeat()'
        ? `the result of cpu.${name}() is used inside cpu.repeat(), but the body runs only once, to be recorded; ` +
            'use an ordinary loop where values decide'
        : `the result of cpu.${name}() is used inside ${recorder}, whose programs are recorded before they run; ` +
            'cpu.spinUntil() waits for a value',
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

  /** A load: the one kind of answering call that stands in hot loops, so it is written out. */
  const load32 = (name: string): Recorders => ({
    unused: one,
    used: (header: number, a: unknown): number => {
      if (depth > 0) useInRepeat(name);
      one(header, a);
      results[0] = used;
      used = 0;
      flush();
      if (results[1] !== 0) fail('stopped');
      return results[2]!;
    },
  });
  const load64 = (name: string): Recorders => ({
    unused: one,
    used: (header: number, a: unknown): bigint => {
      if (depth > 0) useInRepeat(name);
      one(header, a);
      results[0] = used;
      used = 0;
      flush();
      if (results[1] !== 0) fail('stopped');
      return wide[3]!;
    },
  });

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

  /** Records one body behind the header at `start`, whose last argument becomes its length. */
  const recordBody = (start: number, body: () => unknown): void => {
    const returned = body();
    if (returned instanceof Promise) fail(`a program of ${recorder} is asynchronous; a script cannot wait`);
    records[start + 2] = used - start - 3;
  };
  const together = (header: number, programs: unknown, hostSide: unknown): void => {
    if (!Array.isArray(programs) || programs.length === 0 || programs.some((one) => typeof one !== 'function'))
      fail('cpu.together() takes a list of functions, the programs of vCPU 0, 1, and so on');
    const hosts: readonly unknown[] = hostSide === undefined ? [] : Array.isArray(hostSide) ? hostSide : [hostSide];
    if (hosts.length > host.hostThreads || hosts.some((one) => typeof one !== 'function'))
      fail(
        `the second argument of cpu.together() is what the host does meanwhile: a function, or up to ${host.hostThreads}`,
      );
    if (depth > 0) fail(`cpu.together() inside ${recorder}: loops belong into its programs`);
    if (used > 0) run();
    const place = Math.floor(header / LINE) * LINE;
    const bodies = programs as (() => unknown)[];
    const all = [...bodies, ...(hosts as (() => unknown)[])];
    records[0] = header;
    records[1] = all.length;
    used = 2;
    depth++;
    limit = capacity - SLACK;
    recorder = 'cpu.together()';
    for (let id = 0; id < all.length; id++) {
      const start = used;
      if (start >= limit) full();
      records[start] = host.programHeader + place;
      records[start + 1] = id < bodies.length ? id : host.hostThread - (id - bodies.length);
      used += 3;
      recordBody(start, () => (id < bodies.length ? (all[id] as (on: object) => unknown)(cpu) : all[id]!()));
    }
    recorder = 'cpu.repeat()';
    depth--;
    limit = batch;
    run();
  };

  /** A loop that waits for a value in memory. */
  const waitUntil =
    (name: string): Lined =>
    (header: number, address: unknown, value: unknown, bytes: unknown = 4) => {
      if (recorder !== 'cpu.together()') fail(`cpu.${name}() waits for another vCPU: it belongs into cpu.together()`);
      if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8)
        fail(`a width is 1, 2, 4 or 8 bytes, not ${show(bytes)}`);
      for (const part of [address, value]) {
        const number = typeof part === 'bigint' ? Number(BigInt.asIntN(64, part)) : part;
        if (!Number.isSafeInteger(number)) fail(`${show(part)} is not an exact integer below 2^53`);
      }
      const exactly = (part: unknown): number => Number(typeof part === 'bigint' ? BigInt.asIntN(64, part) : part);
      push(header, [exactly(address), exactly(value), bytes]);
    };

  const special: Record<string, Recorders> = {
    together: { used: together },
    onInterrupt: {
      used: (header: number, vector: unknown, body: unknown) => {
        if (recorder !== 'cpu.together()') fail('cpu.onInterrupt() is of a program: it belongs into cpu.together()');
        if (!Number.isSafeInteger(vector) || (vector as number) < 32 || (vector as number) > 255)
          fail(`a vector of an interrupt is 32 to 255, not ${show(vector)}`);
        if (typeof body !== 'function') fail(`cpu.onInterrupt() takes a vector and a function, not ${show(body)}`);
        if (used >= capacity - SLACK) full();
        const start = used;
        records[start] = header;
        records[start + 1] = vector as number;
        used += 3;
        recordBody(start, body as () => unknown);
      },
    },
    spinUntil: { used: waitUntil('spinUntil') },
    haltUntil: { used: waitUntil('haltUntil') },
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
    // 0x6e0 is IA32_TSC_DEADLINE.
    tscDeadline: { used: (h: number, cycles: unknown) => two(h, 0x6e0, cycles) },
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
    if (shape === 'load') return load32(name);
    if (shape === 'load64') return load64(name);
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

  return {
    cpu,
    run,
    push,
    results,
    recording: () => depth > 0,
    siteHeader: () => dynamicSite() * LINE,
    site: dynamicSite,
    fail,
    useInRepeat,
    poison,
  };
}
