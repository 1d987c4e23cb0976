import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { RECORD } from '../../core/guest/records.ts';
import type { KernelOp } from '../../core/guest/kernel/ops.ts';
import type { HostOp, SetupOp } from '../../core/guest/setup.ts';
import { compileScript } from './compile/compile.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { ScriptError } from './script-error.ts';
import { Session } from './session.ts';

/** Takes every record, and answers reads with a fixed number. */
class Tape {
  readonly batches: number[][] = [];
  readonly hostOps: HostOp[] = [];
  readonly phases: string[] = [];
  readonly kernelOps: KernelOp[] = [];
  resultHi = 0x1234;
  resultLo = 0xdead_beef | 0;
  lastErrno = -17;
  lastFault = { vector: 14, errorCode: 2, hi: 0x7fff, lo: 0x1000 };
  stopAfter = Infinity;

  addHostOp(op: HostOp): number {
    return this.hostOps.push(op) - 1;
  }

  addKernelOp(op: KernelOp): number {
    return this.kernelOps.push(op) + 199;
  }

  vmstat(): Readonly<Record<string, number>> {
    return { pgfault: 3 };
  }

  addPhase(name: string): number {
    return this.phases.push(name) + 99;
  }

  run(records: Float64Array, length: number): void {
    this.batches.push([...records.subarray(0, length)]);
  }

  get stop(): boolean {
    return this.batches.length >= this.stopAfter;
  }

  get records(): { code: number; size: number; line: number; args: number[] }[] {
    const all = this.batches.flat();
    const list = [];
    for (let at = 0; at < all.length;) {
      const header = all[at]!;
      const args = (header >>> 12) & 15;
      list.push({
        code: header & 127,
        size: (header >>> 7) & 31,
        line: Math.floor(header / 65536),
        args: all.slice(at + 1, at + 1 + args),
      });
      at += 1 + args;
    }
    return list;
  }
}

interface Outcome {
  readonly tape: Tape;
  readonly setup: readonly SetupOp[];
  readonly messages: readonly string[];
  readonly error: ScriptError | null;
}

async function play(text: string, limits: Partial<Limits> = {}, tape = new Tape()): Promise<Outcome> {
  const messages: string[] = [];
  const outcome = (error: ScriptError | null, setup: readonly SetupOp[] = []) => ({ tape, setup, messages, error });
  const compiled = compileScript(text, 'a.ts');
  if (!compiled.ok) return outcome(compiled.error[0]!);
  const session = await Session.open(compiled.value, {
    seed: 1,
    limits: { ...DEFAULT_LIMITS, seconds: 20, ...limits },
    hostPage: '4K',
    onMessage: (message) => messages.push(message),
    onProgress: () => {},
  });
  if (!session.ok) return outcome(session.error);
  const setup = session.value.setup();
  if (!setup.ok) return outcome(setup.error);
  const guest = session.value.guest(tape);
  return outcome(guest.ok ? null : guest.error, setup.value);
}

/** A script whose guest is this text, from line 3 on. */
const guest = (body: string): string =>
  `scenario({ title: 't', setup: (vm) => ({ bell: vm.doorbell({ name: 'kick' }) }),\n guest(cpu, { bell }, host) {\n${body}\n} });`;

const placeOf = ({ error }: Outcome): string => (error === null ? 'no error' : `${error.line}:${error.column}`);

describe('a script runs straight through', () => {
  const sentence = 'a script runs straight through: promises and async functions are not carried out';

  it.each([
    ['a callback in the guest', guest('Promise.resolve().then(() => cpu.kick(bell, 1));')],
    ['a callback in setup', `scenario({ title: 't', setup() { Promise.resolve().then(() => 1); }, guest() {} });`],
    ['a callback beside scenario()', `Promise.resolve().then(() => 1);\nscenario({ title: 't', guest() {} });`],
    ['a setup that returns one', `scenario({ title: 't', setup: () => new Promise<void>(() => {}), guest() {} });`],
    ['a guest that returns a promise', `scenario({ title: 't', guest: () => new Promise<void>(() => {}) });`],
  ])('%s is refused', async (_what, script) => {
    const { error, tape } = await play(script);
    expect(error?.message).toBe(sentence);
    expect(tape.records.filter(({ code }) => code === RECORD.KICK)).toEqual([]);
  });

  it.each(['async guest() {}', 'async setup() {}, guest() {}'])(
    '{ %s } is refused before it runs',
    async (functions) => {
      expect((await play(`scenario({ title: 't', ${functions} });`)).error?.message).toMatch(/^a script cannot wait/);
    },
  );

  it('a promise that leaves nothing for later is none of its business', async () => {
    const { error, tape } = await play(guest('new Promise<void>(() => cpu.kick(bell, 1));'));
    expect(error).toBeNull();
    expect(tape.records).toHaveLength(1);
  });
});

describe('records', () => {
  it('carry the operation, the width, the line and the arguments', async () => {
    const { tape, error } = await play(guest('cpu.write16(4096, -1);\ncpu.read8(7);\n\ncpu.kick(bell, 5);'));
    expect(error).toBeNull();
    expect(tape.records).toEqual([
      { code: OP.WRITE, size: 2, line: 3, args: [4096, -1] },
      { code: OP.READ, size: 1, line: 4, args: [7] },
      { code: RECORD.KICK, size: 0, line: 6, args: [0, 5] },
    ]);
  });

  it.each([
    ['add', 'cpu.add(8, 3)', OP.ADD, 4, [8, 3]],
    ['cmpxchg', 'cpu.cmpxchg(8, 3, 2, 8)', OP.CMPXCHG, 8, [8, 3, 2]],
    ['out', 'cpu.out8(0x3f8, 65)', OP.OUT, 1, [0x3f8, 65]],
    ['outs', 'cpu.outs(0x3f8, 4096, 3)', OP.OUTS, 1, [0x3f8, 4096, 3]],
    ['stos', 'cpu.stos(4096, 0, 512)', OP.STOS, 8, [4096, 0, 512]],
    ['movs', 'cpu.movs(1, 2, 3, 4)', OP.MOVS, 4, [1, 2, 3]],
    ['invpcid', 'cpu.invpcid(1, 7)', OP.INVPCID, 1, [0, 7]],
    ['a privilege level', 'cpu.setCpl(3)', OP.SET_CPL, 3, []],
    ['AC', 'cpu.setAc(true)', OP.SET_AC, 1, []],
    ['a pause', 'cpu.pause(100)', RECORD.PAUSE, 0, [100]],
    ['a kernel-half address', 'cpu.read8(0xffff_8880_0000_0000n)', OP.READ, 1, [-0x7780_0000_0000]],
    ['a bigint that is exact as a number', 'cpu.write64(8, 7n)', OP.WRITE, 8, [8, 7]],
    ['an ICR write to all', 'cpu.wrmsr(0x830, 0xffff_ffff_0000_0040n)', OP.WRMSR, 0, [0x830, -0xffff_ffc0]],
    ['all ones', 'cpu.write64(8, 0xffff_ffff_ffff_ffffn)', OP.WRITE, 8, [8, -1]],
    ['a wide value', 'cpu.write64(8, 0x8000_0000_0000_0001n)', RECORD.WIDE, 8, [0, 8, 0x8000_0000, 1]],
    ['16 bytes', 'cpu.write128(16, 3, 0x1_0000_0002n)', RECORD.WIDE, 16, [0, 16, 0, 3, 1, 2]],
  ])('of %s', async (_what, call, code, size, args) => {
    const { tape, error } = await play(guest(call));
    expect(error).toBeNull();
    const wide = code === RECORD.WIDE;
    expect(tape.records).toEqual([{ code: wide ? RECORD.WIDE + OP.WRITE : code, size, line: 3, args }]);
  });

  it('of a loop stand in it, loops in loops too', async () => {
    const body = 'cpu.repeat(10, () => { cpu.read8(1);\ncpu.repeat(3, () => cpu.write8(2, 3)); });';
    const { tape } = await play(guest(body));
    expect(tape.records.map(({ code, line, args }) => [code, line, ...args])).toEqual([
      [RECORD.LOOP, 3, 10, 8],
      [OP.READ, 3, 1],
      [RECORD.LOOP, 4, 3, 3],
      [OP.WRITE, 4, 2, 3],
    ]);
  });

  it('of an empty or never repeated body are left out', async () => {
    const { tape } = await play(guest('cpu.repeat(10, () => {}); cpu.repeat(0, () => cpu.read8(1)); cpu.cpuid();'));
    expect(tape.records.map(({ code }) => code)).toEqual([OP.CPUID]);
  });

  it('come in batches, but a read whose value is used comes at once', async () => {
    const { tape } = await play(
      guest('for (let i = 0; i < 20000; i++) cpu.write8(i, 0);\nif (cpu.read8(1) > 0) cpu.read8(2);'),
    );
    expect(tape.batches.length).toBe(4);
    expect(tape.records.length).toBe(20002);
    expect(tape.batches[3]!.length).toBe(2);
  });

  it('of calls that the compiler cannot see keep their line', async () => {
    const { tape } = await play(guest("const write = cpu.write8;\n\nwrite(1, 2);\n(cpu as any)['read8'](3);"));
    expect(tape.records.map(({ line }) => line)).toEqual([5, 6]);
  });

  it('of operations of the host hold their number', async () => {
    const { tape } = await play(guest("host.memslot({ slot: 3, gpa: 0, size: '1 MiB' });\nhost.deleteSlot(3);"));
    expect(tape.records.map(({ code, args }) => [code, ...args])).toEqual([
      [RECORD.HOST, 0],
      [RECORD.HOST, 1],
    ]);
    expect(tape.hostOps.map((op) => [op.kind, 'size' in op && op.size])).toEqual([
      ['memslot', 1048576n],
      ['memslot', 0n],
    ]);
  });
});

describe('values', () => {
  it('come from the machine', async () => {
    const { messages } = await play(
      guest('console.log(cpu.read32(0), cpu.read64(0), cpu.add(0, 1), cpu.readBell(bell));'),
    );
    expect(messages).toEqual([
      '3735928559 20018966576879n 20018966576879n 20018966576879n'.replaceAll('20018966576879', `${0x1234_dead_beefn}`),
    ]);
  });

  it('of host operations are their errno', async () => {
    const { messages } = await play(guest('console.log(host.deleteSlot(9));'));
    expect(messages).toEqual(['-17']);
  });

  it('of the last fault come with their address', async () => {
    const { messages } = await play(guest('console.log(cpu.lastFault());'));
    expect(messages).toEqual(['{"vector":14,"errorCode":2,"address":"140733193392128n"}']);
  });

  it('of a phase is a host record in its place, after what came before it', async () => {
    const { tape, error } = await play(guest("cpu.read8(1);\ncpu.phase('warm');\ncpu.read8(2);"));
    expect(error).toBeNull();
    expect(tape.phases).toEqual(['warm']);
    expect(tape.records.map(({ code, line, args }) => [code, line, ...args])).toEqual([
      [OP.READ, 3, 1],
      [RECORD.HOST, 4, 100],
      [OP.READ, 5, 2],
    ]);
  });

  it('of random numbers depend on the seed alone', async () => {
    const body = 'console.log(cpu.random(1000), cpu.random(1000), Math.random() < 1);';
    const [a, b] = [await play(guest(body)), await play(guest(body))];
    expect(a.messages).toEqual(b.messages);
    expect(a.messages[0]).toMatch(/^\d+ \d+ true$/);
  });

  it('end with the machine: a stopped guest ends the script, which is no mistake of it', async () => {
    const tape = new Tape();
    tape.stopAfter = 2;
    const { error } = await play(
      guest('try { for (;;) cpu.add(0, Number(cpu.read8(1))); } catch {}\nfor (;;) cpu.read8(2);'),
      {},
      tape,
    );
    expect(error).toBeNull();
    expect(tape.batches.length).toBe(2);
  });
});

describe('a mistake is one sentence with its place', () => {
  it.each([
    // --- what the compiler sees
    ['let x = ;', '3:9', 'Expression expected. (TS1109)'],
    ["cpu.read8('a');", '3:11', "Argument of type 'string' is not assignable to parameter of type 'Address'. (TS2345)"],
    [
      '  process.exit();',
      '3:3',
      "there is no 'process': a script has no access to files, network, processes or the clock",
    ],
    [
      'performance.now();',
      '3:1',
      "there is no 'performance': a script has no access to files, network, processes or the clock",
    ],
    [
      "import('x');",
      '3:1',
      'a script cannot import: a script is one file and runs alone, with the globals of host/contract/exitlab.d.ts',
    ],
    [
      "require('x');",
      '3:1',
      'a script cannot require: a script is one file and runs alone, with the globals of host/contract/exitlab.d.ts',
    ],
    ['(async () => 1)();', '3:2', 'a script cannot wait: it has no clock, and everything it calls answers at once'],
    // --- what the script does wrong while it runs
    ['\nnull!;(null as any).foo;', '4:20', "TypeError: cannot read property 'foo' of null"],
    ["  throw new Error('no');", '3:13', 'Error: no'],
    ['if (bell) throw 5;', '3:11', 'the script threw 5'],
    ['if (bell) throw null;', '3:11', 'the script threw null'],
    ['if (bell) throw undefined;', '3:11', 'the script threw undefined'],
    ["if (bell) throw '';", '3:11', 'the script threw a value that has no text'],
    ["if (bell) throw Symbol('x');", '3:11', 'the script threw a symbol'],
    ['if (bell) throw {};', '3:11', 'the script threw a value that has no text'],
    ['if (bell) throw { toString() { throw 1; } };', '3:11', 'the script threw a value that has no text'],
    [
      "if (bell) throw { get message() { throw new Error('no'); } };",
      '3:35',
      'the script threw a value that has no text',
    ],
    ['if (bell) throw () => 1;', '3:11', 'the script threw () => 1'],
    ['throw new RangeError();', '3:11', 'RangeError'],
    ['new Date();', '3:5', 'there is no clock in a script: time is what the model says'],
    ["const é = '😀😀'; (null as any).x;", '3:32', "TypeError: cannot read property 'x' of null"],
    // --- what the arguments have wrong
    ['cpu.read8(1);\ncpu.write8(1,\n256);', '4:5', '256 does not fit in 1 byte'],
    ['cpu.write8(1, -129);', '3:5', '-129 does not fit in 1 byte'],
    ['cpu.write8(1, 0.5);', '3:5', 'a value must be an integer, not 0.5'],
    ['cpu.read8(NaN);', '3:5', 'an address must be an integer, not NaN'],
    ['cpu.read8(0x8000_0000_0000);', '3:5', '0x800000000000 is not canonical: bits 63 to 47 must be equal'],
    ['cpu.read8(1n << 60n);', '3:5', '0x1000000000000000 is not canonical: bits 63 to 47 must be equal'],
    ['cpu.read8(1n << 64n);', '3:5', '18446744073709551616n does not fit in 64 bits'],
    [
      'cpu.read8(2 ** 60);',
      '3:5',
      '1152921504606847000 is beyond 2^53, where numbers are not exact: write it as a bigint',
    ],
    ['cpu.out8(70000, 1);', '3:5', 'a port is 0 to 65535, not 0x11170'],
    ['cpu.movs(1, 2, -3);', '3:5', 'a count is 0 to 2147483647, not -3'],
    ['cpu.add(1, 2, 3 as 4);', '3:5', 'a width is 1, 2, 4 or 8 bytes, not 3'],
    ['cpu.wrmsr(0x830, 1.5);', '3:5', 'the value of a register is an integer of at most 64 bits, not 1.5'],
    ['cpu.tscDeadline(-1);', '3:5', 'a number of cycles is an integer of at least 0, not -1'],
    ['cpu.pause(-1);', '3:5', 'a number of cycles is an integer of at least 0, not -1'],
    ['cpu.kick(bell, 2 ** 40);', '3:5', '0x10000000000 does not fit in 4 bytes'],
    ['cpu.kick({ id: 9, name: "", width: 4 });', '3:5', 'no such doorbell'],
    ['cpu.repeat(-1, () => {});', '3:5', 'cpu.repeat() takes a whole number of times, at least 0, not -1'],
    ['cpu.phase("");', '3:5', "cpu.phase() must be a name of 1 to 100 characters, not ''"],
    [
      'cpu.repeat(2, () => cpu.phase("a"));',
      '3:25',
      'cpu.phase() inside cpu.repeat() would split a loop that is counted as a whole',
    ],
    ['cpu.random(0);', '3:5', 'cpu.random() takes a bound from 1 to 2^32, not 0'],
    [
      'host.memslot({ slot: 1, gpa: 3, size: 4096 });',
      '3:6',
      'host.memslot(): gpa must be a multiple of 4096, not 0x3',
    ],
    [
      'cpu.repeat(2, () => {\n if (cpu.read8(1) === 0) cpu.read8(2); });',
      '4:10',
      'the result of cpu.read8() is used inside cpu.repeat(), but the body runs only once, to be recorded; use an ordinary loop where values decide',
    ],
    [
      'const read = cpu.read8; cpu.repeat(2, () => {\n if (read(1) > 0) cpu.read8(2); });',
      '4:13',
      'the result of cpu.read8() is used inside cpu.repeat(), but the body runs only once, to be recorded; use an ordinary loop where values decide',
    ],
  ])('%s', async (body, place, message) => {
    const outcome = await play(guest(body));
    expect(outcome.error?.message).toBe(message);
    expect(placeOf(outcome)).toBe(place);
    expect(outcome.error?.file).toBe('a.ts');
  });

  it.each([
    ['', 'the script never calls scenario()'],
    [
      'scenario(3 as any);',
      'scenario() takes an object: scenario({ title, question, setup(vm) { ... }, guest(cpu, context, host) { ... } })',
    ],
    ["scenario({ title: '', guest() {} });", 'scenario(): title must not be empty'],
    [
      "scenario({ title: 't', guest: 3 } as any);",
      'scenario() needs guest(cpu, context, host), the program of the guest',
    ],
    ["scenario({ title: 't', colour: 3, guest() {} } as any);", 'scenario(): colour is not an option'],
    [
      "scenario({ title: 't', guest() {} }); scenario({ title: 't', guest() {} });",
      'scenario() is called a second time; a script has one scenario',
    ],
    [
      "scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: 3 }); }, guest() {} });",
      'vm.ram(): size must be a multiple of 4096, not 0x3',
    ],
    [
      "scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '3 Mi' as any }); }, guest() {} });",
      "vm.ram(): size must be a number of bytes or text like '64 MiB', not '3 Mi'",
    ],
    ["scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0 } as any); }, guest() {} });", 'vm.ram(): size is missing'],
    [
      "scenario({ title: 't', setup(vm) { vm.doorbell({ name: 'a', width: 3 as 4 }); }, guest() {} });",
      'vm.doorbell(): width must be 1, 2, 4, 8, not 3',
    ],
    [
      "scenario({ title: 't', setup(vm) { vm.map({ gva: 1n << 50n, gpa: 0, size: 4096 }); }, guest() {} });",
      'vm.map(): gva 0x4000000000000 is not canonical: bits 63 to 47 must be equal',
    ],
    [
      "scenario({ title: 't', setup(vm) { vm.map({ gva: 4096, gpa: 0, size: '2 MiB', page: '2M' }); }, guest() {} });",
      'vm.map(): gva must be a multiple of the page size 2M, not 0x1000',
    ],
    [
      "scenario({ title: 't', setup(vm) { return vm; }, guest(cpu, vm) { vm.ram({ gpa: 0, size: 4096 }); } });",
      'vm is used while the guest runs; the host object is for that',
    ],
    ['scenario('.repeat(30000), 'the script is nested too deeply to be checked'],
    [
      'export const x = 1;',
      'a script cannot export: a script is one file and runs alone, with the globals of host/contract/exitlab.d.ts',
    ],
  ])('%.80s', async (text, message) => {
    expect((await play(text)).error?.message).toBe(message);
  });
});

describe('limits', () => {
  it.each([
    ['an empty loop', 'let i = 1;\n\nwhile (i > 0) {}', /^5:1$/],
    ['a loop that only counts', 'let i = 0;\nfor (;;) {\n  i++; }', /^4:1$/],
    ['a loop of accesses', 'for (;;)\n  cpu.read8(1);', /^[34]:/],
    ['a loop that catches everything', 'for (;;) { try { for (;;)\n cpu.read8(1); } catch {} }', /^[34]:/],
  ])('on time: %s', async (_what, body, place) => {
    const outcome = await play(guest(body), { seconds: 0.3 });
    expect(outcome.error?.message).toBe('the script ran longer than 0.3 s');
    expect(placeOf(outcome)).toMatch(place);
  });

  it('on memory', async () => {
    const outcome = await play(guest('const all: number[][] = [];\nfor (;;)\n all.push([1, 2, 3]);'), {
      memoryBytes: 8 << 20,
    });
    expect(outcome.error?.message).toBe('the script needs more memory than its 8 MiB');
    expect(outcome.error?.line).toBe(5);
  });

  it('on time, in one endless search', async () => {
    const outcome = await play(guest("/^(a+)+$/.test('a'.repeat(40) + 'b');"), { seconds: 0.3 });
    expect(outcome.error?.message).toBe('the script ran longer than 0.3 s');
  });

  it('on the memory of buffers', async () => {
    const body = 'const all: ArrayBuffer[] = [];\nfor (;;) all.push(new ArrayBuffer(1 << 20));';
    const outcome = await play(guest(body), { memoryBytes: 8 << 20 });
    expect(outcome.error?.message).toBe('the script needs more memory than its 8 MiB');
  });

  it('on the memory of one number', async () => {
    const outcome = await play(guest('let x = 3n;\nfor (;;) x = x * x;'), { seconds: 3 });
    expect(outcome.error?.message).toMatch(/more memory|longer than 3 s|too big|too large/);
  });

  it('on the stack', async () => {
    const outcome = await play(guest('const dive = (n: number): number =>\n dive(n + 1) + 1;\ndive(0);'));
    expect(outcome.error?.message).toBe('the script calls itself too deeply: its stack is full');
    expect(placeOf(outcome)).toBe('4:2');
  });

  it('on records', async () => {
    const outcome = await play(guest('for (;;)\n cpu.read8(1);'), { records: 50_000 });
    expect(outcome.error?.message).toBe('the script made more than 50000 records; use cpu.repeat() for hot loops');
    expect(outcome.error?.line).toBe(4);
  });

  it('on a recorded body', async () => {
    const outcome = await play(guest('cpu.repeat(2, () => {\n for (;;) cpu.read8(1); });'));
    expect(outcome.error?.message).toBe('the body of cpu.repeat() is too long to record: more than a million numbers');
    expect(outcome.error?.line).toBe(4);
  });

  it('on messages', async () => {
    const { messages } = await play(guest('for (let i = 0; i < 100; i++) console.log(i);'), { messages: 10 });
    expect(messages.length).toBe(10);
  });
});

describe('a script reaches nothing', () => {
  it.each([
    'process',
    'require',
    'performance',
    'fetch',
    'setTimeout',
    'WeakRef',
    'navigator',
    'std',
    'os',
    'print',
    '$0',
  ])('like %s', async (name) => {
    const { messages } = await play(guest(`console.log(typeof (globalThis as any)['${name}']);`));
    expect(messages).toEqual(['undefined']);
  });
});
