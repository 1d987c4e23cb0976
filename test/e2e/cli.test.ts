import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commandLine, exitlab, PROJECT, ScriptFolder } from './command-line.ts';

const folder = new ScriptFolder();
afterAll(() => folder.remove());

const READ_BACK = folder.guest(
  'read-back.ts',
  'cpu.kick(bell);\ncpu.repeat(1000, () => cpu.kick(bell));\ncpu.readBell(bell);',
);
const FEW = ['--mmu', 'ept', '--design', 'userspace,wildcard,fast-mmio'];

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('compare', () => {
  it('sets configurations side by side in 80 columns, without colour on a pipe', async () => {
    const { out, err, code } = await exitlab(['compare', READ_BACK, ...FEW]);
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect(out).not.toContain('\u001b');
    expect(out).toMatch(/^per access +cycles +low\.\.high +est\. +exits +user +div$/m);
    expect(out).toMatch(/^userspace +[\d,]+ +[\d,]+\.\.[\d,]+ +>?\d+ % +[\d.]+ +[\d.]+ +0$/m);
    expect(out).toMatch(/^fast-mmio .* 1$/m);
    expect(out).toMatch(/1 x spurious-signal \(line 6, /);
    expect(out).toContain('What differs from userspace, cycles an access');
  });

  it('gives the same bytes twice, and with one run at a time', async () => {
    const [once, again] = await Promise.all([
      commandLine(['compare', READ_BACK, ...FEW, '--json']),
      commandLine(['compare', READ_BACK, ...FEW, '--json', '--jobs', '1']),
    ]);
    expect(again.out).toBe(once.out);
  });

  it('prints data of a named schema', async () => {
    const { out } = await commandLine(['compare', READ_BACK, ...FEW, '--json']);
    const report = JSON.parse(out) as { runs: { configuration: { name: string }; accesses: number }[] };
    expect(report).toMatchObject({ schema: 'exitlab.compare/1', scenario: { title: 'test', file: READ_BACK } });
    expect(report.runs.map(({ configuration }) => configuration.name)).toEqual(['userspace', 'wildcard', 'fast-mmio']);
    expect(report.runs.map(({ accesses }) => accesses)).toEqual([1002, 1002, 1002]);
  });

  it('fails a check under --strict only', async () => {
    const [strict, without] = await Promise.all([
      commandLine(['compare', READ_BACK, ...FEW, '--strict']),
      commandLine(['compare', READ_BACK, ...FEW, '--strict', '--no-reference']),
    ]);
    expect(strict.code).toBe(1);
    expect(without.code).toBe(0);
    expect(without.out).toContain('Not checked against the reference.');
  });
});

describe('run and explain', () => {
  it('run shows stages, steps and paths', async () => {
    const { out, code } = await commandLine(['run', READ_BACK, '--config', 'ept/wildcard']);
    expect(code).toBe(0);
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect(out).toMatch(/^1,002 accesses, [\d,]+ cycles each \([\d,]+\.\.[\d,]+\), >?\d+ % estimated$/m);
    for (const title of ['by stage', 'by step', 'Ways an access was served']) expect(out).toContain(title);
  });

  it('explain tells of one access with its steps, their sources and its events', async () => {
    const { out, code } = await commandLine(['explain', READ_BACK, '--access', '2']);
    expect(code).toBe(0);
    expect(widest(out)).toBeLessThanOrEqual(80);
    expect(out).toMatch(/^Access 2 \(line 5\): WRITE of 4 bytes at 0x[0-9a-f]+$/m);
    expect(out).toMatch(/^ioeventfd_write .* (read|derived|estimated) +\[\d+\]$/m);
    expect(out).toMatch(/^ {2}\[1\] +\S/m);
    expect(out).toMatch(/^ {2}kvm_exit reason EPT_MISCONFIG/m);
  });

  it('explain without a number takes the most frequent way', async () => {
    const { out } = await commandLine(['explain', READ_BACK]);
    expect(out).toMatch(/^The way in which 999 of 1,002 accesses were served$/m);
  });

  it('a guest that was stopped is told of last, on standard error, and fails a check under --strict only', async () => {
    const garbage = ['--kernel', '4.2', '--design', 'fast-mmio', '--nested-host'];
    const [plain, strict, several] = await Promise.all([
      commandLine(['run', READ_BACK, ...garbage, 'yes', '--json']),
      commandLine(['run', READ_BACK, ...garbage, 'yes', '--strict']),
      commandLine(['compare', READ_BACK, '--mmu', 'ept', ...garbage, 'yes,no']),
    ]);
    const why =
      "stopped before the script's end: RIP was advanced by an instruction length that the outer hypervisor had not set";
    expect([plain.code, strict.code, several.code]).toEqual([0, 1, 0]);
    for (const { err } of [plain, strict])
      expect(err).toMatch(new RegExp(`^exitlab: ept/fast-mmio: ${why}.* \\(line 5\\)\n$`));
    expect(several.err).toMatch(new RegExp(`^exitlab: nested: ${why}.*\n$`));
    expect(JSON.parse(plain.out)).toMatchObject({ schema: 'exitlab.run/1', run: { problem: { line: 5 } } });
  });

  it('an errno of KVM is its own answer, with the line that asked', async () => {
    const file = folder.file(
      'overlap.ts',
      `scenario({ title: 'overlap', setup(vm) {\n  vm.ram({ gpa: 0, size: '16 MiB' });\n  vm.memslot({ slot: 3, gpa: 0x1000, size: 4096 });\n},
  guest(cpu, _context, host) { console.log(host.createSlot({ slot: 4, gpa: 0, size: 4096 })); cpu.read8(0); } });\n`,
    );
    const { out, err, code } = await commandLine(['run', file]);
    expect(code).toBe(0);
    expect(out).toMatch(/slot 3, gpa 0x1000, size 0x1000: EEXIST \(line\s+3\)/);
    expect(err).toBe('-17\n');
  });

  it('every scenario of the gallery passes its check', async () => {
    const files = readdirSync(join(PROJECT, 'scenarios')).filter((name) => name.endsWith('.ts'));
    const { out, code } = await commandLine(['check', ...files.map((name) => join('scenarios', name))]);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(files.length);
  });
});

describe('the rest', () => {
  it.each(['designs', 'kernels', 'cpus', 'help', 'help compare', 'help switches', 'help mitigations', 'run --help'])(
    '%s fits in 80 columns',
    async (args) => {
      const { out, code } = await commandLine(args.split(' '));
      expect(code).toBe(0);
      expect(widest(out)).toBeLessThanOrEqual(80);
      expect(out.length).toBeGreaterThan(100);
    },
  );

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
    expect((await exitlab(['--version'])).out).toBe(`exitlab ${version}\n`);
  });

  it.each(['designs', 'kernels', 'cpus'])('%s is data as well', async (name) => {
    const report = JSON.parse((await commandLine([name, '--json'])).out) as Record<string, unknown[]> & {
      schema: string;
    };
    expect(report.schema).toBe(`exitlab.${name}/1`);
    expect(report[name]?.length).toBeGreaterThan(5);
  });

  it('writes a whole file and nothing beside it', async () => {
    const own = new ScriptFolder();
    const file = join(own.path, 'designs.json');
    const { out, code } = await commandLine(['designs', '--json', '--output', file]);
    expect([out, code]).toEqual(['', 0]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ schema: 'exitlab.designs/1' });
    expect(readdirSync(own.path)).toEqual(['designs.json']);
    own.remove();
  });
});

describe('profile', () => {
  const STRESS = ['profile', 'scenarios/mmu-lock-stress.ts', '--mmu', 'ept', '--kernel', '7.0'];

  it('collapsed: stacks of each vCPU that add up to the listing of all', async () => {
    const { out, code } = await commandLine([...STRESS, '--collapsed']);
    expect(code).toBe(0);
    const stacks = out
      .trimEnd()
      .split('\n')
      .map((line) => /^(?<frames>[^\s;]+(?:;[^\s;]+)+) (?<cycles>\d+)$/.exec(line)?.groups);
    const kernel = stacks.filter((stack) => stack!['frames']!.endsWith('_[k]'));
    const sum = kernel.reduce((all, stack) => all + Number(stack!['cycles']), 0);
    const vcpus = new Set(stacks.map((stack) => stack!['frames']!.split(';')[1]));
    expect(vcpus.size).toBe(16);
    expect(out).toMatch(/;vCPU_3;waits;queued_spin_lock_slowpath_\[k\] \d+$/m);
    const listed = JSON.parse((await commandLine([...STRESS, '--json'])).out) as { profiles: { cycles: number }[] };
    // Each stack is rounded to whole cycles.
    expect(Math.abs(sum - listed.profiles[0]!.cycles)).toBeLessThanOrEqual(kernel.length);
  });

  it('says that two forms are one too many', async () => {
    const { out, code } = await commandLine([...STRESS, '--collapsed', '--json']);
    expect(code).toBe(2);
    expect(out).toContain('--collapsed and --json are two forms: name one');
  });
});

describe('Ctrl-C', () => {
  it('ends a run at once, with 130 and nothing half-written', async () => {
    const own = new ScriptFolder();
    const script = own.guest('endless.ts', "console.log('started');\nfor (;;) cpu.read8(0);");
    const child = spawn(process.execPath, [
      join(PROJECT, 'bin/exitlab.mjs'),
      'run',
      script,
      '-o',
      join(own.path, 'out'),
    ]);
    child.stderr.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(readdirSync(own.path)).toEqual(['endless.ts']);
    own.remove();
  });
});
