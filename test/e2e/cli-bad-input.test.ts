import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commandLine, exitlab, PROJECT, ScriptFolder, type Ended } from './command-line.ts';

const folder = new ScriptFolder();
afterAll(() => folder.remove());

const DOORBELL = join(PROJECT, 'scenarios/doorbell.ts');
const ORACLE = '{"format": "kvm-oracle/1", "cases": [{"id": "a", "ops": [';

/** A sentence, not a trace: nothing that looks like source positions of ours, nothing uncaught. */
function expectPlain({ err, out }: Ended): void {
  expect(err).not.toMatch(/\n\s+at |node:internal|Uncaught|\.ts:\d+:\d+\)/);
  expect(out).toBe('');
}

const wrong: readonly (readonly [what: string, args: string[], message: RegExp])[] = [
  ['a command', ['compar'], /^exitlab: unknown command 'compar'\. Did you mean 'compare'\?/],
  [
    'an option',
    ['run', DOORBELL, '--desing', 'pio'],
    /^exitlab: unknown option '--desing'\. Did you mean '--design'\?/,
  ],
  ['an option without its value', ['run', DOORBELL, '--cpu'], /^exitlab: option '--cpu' needs a value: --cpu LIST/],
  ['a missing script', ['run'], /^exitlab: an argument is missing; usage: exitlab run SCRIPT/],
  ['one argument too many', ['run', DOORBELL, 'more'], /^exitlab: 'more' is one argument too many/],
  ['a design', ['compare', DOORBELL, '--design', 'fast-mmoi'], /^exitlab: .*fast-mmoi.*fast-mmio/],
  ['a CPU', ['run', DOORBELL, '--cpu', 'zen9'], /^exitlab: unknown CPU 'zen9'\. Did you mean 'zen\d'\?/],
  ['a kernel', ['run', DOORBELL, '--kernel', '2.6'], /^exitlab: .*2\.6/],
  ['an MMU', ['run', DOORBELL, '--mmu', 'hap'], /^exitlab: unknown mmu 'hap'/],
  ['a mitigation', ['run', DOORBELL, '--mitigations', 'prayer'], /^exitlab: unknown mitigation 'prayer'/],
  [
    'a switch',
    ['run', DOORBELL, '--switch', 'nripOnNpv=true'],
    /^exitlab: unknown switch 'nripOnNpv'\. Did you mean 'nripOnNpf'\?/,
  ],
  [
    'the value of a switch',
    ['run', DOORBELL, '--switch', 'nripOnNpf=maybe'],
    /^exitlab: switch nripOnNpf takes true or false/,
  ],
  ['a switch without a value', ['run', DOORBELL, '--switch', 'nripOnNpf'], /^exitlab: --switch takes NAME=VALUE/],
  [
    'a part of a configuration',
    ['run', DOORBELL, '--config', 'ept/fast-mimo'],
    /^exitlab: --config ept\/fast-mimo: unknown part/,
  ],
  ['a number', ['run', DOORBELL, '--seed', '1.5'], /^exitlab: --seed takes a whole number of at least 0, not '1\.5'/],
  ['a number of CPUs', ['run', DOORBELL, '--host-cpus', 'two'], /^exitlab: --host-cpus takes whole numbers, not 'two'/],
  [
    'too many CPUs',
    ['run', DOORBELL, '--host-cpus', '1000'],
    /^exitlab: switch hostCpus takes a whole number from 0 to 256/,
  ],
  ['yes or no', ['run', DOORBELL, '--vpid', 'perhaps'], /^exitlab: --vpid takes yes or no/],
  [
    'a baseline',
    ['compare', DOORBELL, '--design', 'pio', '--mmu', 'ept', '--baseline', 'x'],
    /^exitlab: unknown configuration 'x'/,
  ],
  [
    'many configurations for one run',
    ['run', DOORBELL, '--design', 'pio,wildcard'],
    /^exitlab: this chooses 2 configurations/,
  ],
  ['a topic', ['help', 'swiches'], /^exitlab: unknown command 'swiches'\. Did you mean 'switches'\?/],
  [
    'FAST_MMIO on a kernel without it',
    ['run', DOORBELL, '--design', 'fast-mmio', '--kernel', '3.14'],
    /^exitlab: .*3\.15/,
  ],
  ['an AMD design on Intel', ['run', DOORBELL, '--design', 'svm-fast-mmio', '--mmu', 'ept'], /^exitlab: .*npt/],
  ['EPT on an AMD CPU', ['run', DOORBELL, '--cpu', 'zen4', '--mmu', 'ept'], /^exitlab: .*EPT is Intel's/],
  [
    'a missing file',
    ['run', join(folder.path, 'none.ts')],
    /^exitlab: .*none\.ts: cannot be read: there is no such file/,
  ],
  ['a folder', ['run', folder.path], /^exitlab: .*: cannot be read: it is a directory/],
  [
    'a file that is no text',
    ['check', folder.file('binary.ts', Uint8Array.of(0xff, 0xfe, 0x80))],
    /^exitlab: .*it is not a text in UTF-8/,
  ],
  [
    'an output that cannot be',
    ['designs', '--output', join(folder.path, 'no/such/place')],
    /^exitlab: .*cannot be written: its folder does not exist/,
  ],
  ['a missing vectors file', ['conformance', join(folder.path, 'none.json')], /^exitlab: .*there is no such file/],
  ['a truncated vectors file', ['conformance', folder.file('cut.json', ORACLE)], /^exitlab: .*cut\.json/],
  [
    'an access beyond the end',
    ['explain', folder.guest('short.ts', 'cpu.read8(0);'), '--access', '5'],
    /^exitlab: there is no access 5: the run had 1$/m,
  ],
];

describe('bad input is one sentence and exit code 2:', () => {
  it.each(wrong)('%s', async (_what, args, message) => {
    const ended = await commandLine(args);
    expect(ended.err).toMatch(message);
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
    expectPlain(ended);
    expect(ended.code).toBe(2);
  });
});

const scripts: readonly (readonly [what: string, script: string, message: RegExp, args?: string[]])[] = [
  ['does not parse', 'let = ;', /:4:\d+: .*\(TS\d+\)$/],
  ['does not type', 'cpu.read8(true);', /:4:11: Argument of type 'boolean'/],
  ['imports', "import('fs');", /:4:1: a script cannot import/],
  ['reaches for the system', 'process.exit();', /:4:1: there is no 'process': a script has no access/],
  ['loops for ever', 'for (;;) {}', /:4:1: the script ran longer than 1 s$/, ['--time-limit', '1']],
  [
    'allocates without end',
    'const all = [];\nfor (;;) all.push([1]);',
    /:5:\d+: the script needs more memory than its 64 MiB$/,
  ],
  ['recurses', 'function dive(): number { return dive() + 1; }\ndive();', /:4:\d+: the script calls itself too deeply/],
  ['throws', "throw new Error('on purpose');", /:4:\d+: Error: on purpose$/],
  ['uses an address that is not canonical', '\ncpu.read8(1n << 50n);', /:5:5: 0x4000000000000 is not canonical/],
  [
    'has a size of 3',
    'host.memslot({ slot: 1, gpa: 0, size: 3 });',
    /:4:6: host\.memslot\(\): size must be a multiple of 4096, not 0x3$/,
  ],
  ['gives no number', 'cpu.write8(0, NaN);', /:4:5: a value must be an integer, not NaN$/],
  ['waits', 'void (async () => 1)();', /:4:\d+: a script cannot wait/],
  [
    'leaves a callback',
    'void Promise.resolve().then(() => cpu.read8(0));',
    /: a script runs straight through: promises and async functions are not carried out/,
  ],
];

describe('a script is named with line and column when it', () => {
  it.each(scripts.map(([what, body, message, args]) => ({ what, body, message, args: args ?? [] })))(
    '$what',
    async ({ what, body, message, args }) => {
      const file = folder.guest(`${what.replaceAll(' ', '-')}.ts`, body);
      const ended = await commandLine(['run', file, ...args]);
      expect(ended.err.trimEnd()).toMatch(message);
      expect(ended.err).toContain(file);
      expectPlain(ended);
      expect(ended.code).toBe(2);
    },
  );

  it('returns nonsense', async () => {
    const file = folder.file('nonsense.ts', 'scenario(42 as never);\n');
    const ended = await commandLine(['run', file]);
    expect(ended.err).toMatch(/nonsense\.ts:1:1: scenario\(\) takes an object/);
    expect(ended.code).toBe(2);
  });
});

describe('a contradiction between script and configuration', () => {
  const file = folder.file(
    'placed.ts',
    `scenario({ title: 'test', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB' }); return { bell: vm.doorbell({ name: 'k', gpa: 0xfe00_0000 }) }; },
  guest(cpu, { bell }) { cpu.kick(bell); } });\n`,
  );

  it('is bad input when the design was asked for: a port has no guest-physical address', async () => {
    const ended = await commandLine(['run', file, '--design', 'pio']);
    expect(ended.err).toMatch(/^exitlab: doorbell 'k' has a guest-physical address, but this design rings a port/);
    expectPlain(ended);
    expect(ended.code).toBe(2);
  });

  it('leaves out what came from the list of all designs', async () => {
    const { out, code } = await commandLine(['compare', file, '--mmu', 'ept']);
    expect(out).toMatch(/^Left out: pio: doorbell 'k' has a guest-physical address/m);
    expect(out).toMatch(/^fast-mmio /m);
    expect(code).toBe(0);
  });
});

describe('as a process', () => {
  it.each([
    ['a script that does not type', ['run', folder.guest('boolean.ts', 'cpu.read8(true);')]],
    ['a script that never ends', ['run', folder.guest('endless.ts', 'for (;;) cpu.read8(0);'), '--time-limit', '1']],
    ['a design nobody knows', ['compare', DOORBELL, '--design', 'fsat']],
  ])('%s ends with 2, and nothing but sentences', async (_what, args) => {
    const ended = await exitlab(args);
    expectPlain(ended);
    expect(ended.err).toMatch(/^[^\n]+\n$/);
    expect(ended.code).toBe(2);
  });
});

describe('with --json', () => {
  it('a mistake is data on standard output', async () => {
    const file = folder.guest('typed.ts', 'cpu.read8(true);');
    const { out, err, code } = await commandLine(['run', file, '--json']);
    expect(JSON.parse(out)).toMatchObject({ schema: 'exitlab.error/1', errors: [{ file, line: 4, column: 11 }] });
    expect(err).toBe('');
    expect(code).toBe(2);
  });
});
