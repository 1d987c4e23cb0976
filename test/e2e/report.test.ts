import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { REPORT_FORMATS } from '../../core/index.ts';
import { commandLine, PROJECT, ScriptFolder } from './command-line.ts';

const folder = new ScriptFolder();
afterAll(() => folder.remove());

/** A line of trace-cmd report, as readers of it in the wild take it apart. */
const TRACE_LINE =
  /^\s*(?<comm>.+?)-(?<pid>\d+)\s+(?:\(\s*[\d-]+\)\s+)?\[(?<cpu>\d+)\]\s+(?:(?<flags>[A-Za-z0-9.#]{3,8})\s+)?(?<ts>\d+\.\d{6,9}):\s+(?:\(\+\d+\)\s+)?(?<ev>\w+):\s*(?<body>.*)$/;
/** TP_printk of each, with its fields. */
const TRACE_BODIES: Readonly<Record<string, RegExp>> = {
  kvm_entry: /^vcpu \d+, rip 0x[\da-f]+ intr_info 0x[\da-f]{8} error_code 0x[\da-f]{8}$/,
  kvm_exit:
    /^vcpu \d+ reason [A-Z_]+ rip 0x[\da-f]+ info1 0x[\da-f]{16} info2 0x[\da-f]{16} intr_info 0x[\da-f]{8} error_code 0x[\da-f]{8} requests 0x[\da-f]{16}$/,
  kvm_page_fault: /^vcpu \d+ rip 0x[\da-f]+ address 0x[\da-f]{16} error_code 0x[\da-f]+$/,
  kvm_fast_mmio: /^fast mmio at gpa 0x[\da-f]+$/,
  kvm_mmio: /^mmio (unsatisfied-read|read|write) len \d+ gpa 0x[\da-f]+ val 0x[\da-f]+$/,
  kvm_pio: /^pio_(read|write) at 0x[\da-f]+ size \d+ count \d+ val 0x[\da-f]+ (\(\.\.\.\))?$/,
  kvm_emulate_insn: /^[\da-f]+:[\da-f]+:[\da-f ]* \((real|vm16|prot16|prot32|prot64)\)( failed)?$/,
  kvm_userspace_exit: /^reason KVM_EXIT_[A-Z_]+ \(\d+\)$/,
  handle_mmio_page_fault: /^addr:[\da-f]+ gfn [\da-f]+ access [\da-f]+$/,
  mark_mmio_spte: /^sptep:[\da-f]+ gfn [\da-f]+ access [\da-f]+ gen [\da-f]+$/,
  check_mmio_spte: /^spte [\da-f]+ kvm_gen [\da-f]+ spte-gen [\da-f]+ valid [01]$/,
  kvm_mmu_set_spte: /^gfn [\da-f]+ spte [\da-f]+ \([r-][w-][x-][u-]\) level \d at [\da-f]+$/,
  kvm_mmu_pagetable_walk: /^addr [\da-f]+ pferr [\da-f]+ /,
};

const KICKS = 'cpu.kick(bell);\ncpu.repeat(1000, () => cpu.kick(bell));';
const SCRIPT = folder.guest('bell.ts', KICKS);
const TWO = ['--mmu', 'ept', '--design', 'pio,fast-mmio'];
const read = (file: string): string => readFileSync(file, 'utf8');
const at = (name: string): string => join(folder.path, name);

describe('the history and its reports', () => {
  it('store a comparison, and report it without running anything, the same bytes each time', async () => {
    const script = folder.guest('stored.ts', KICKS);
    expect((await commandLine(['compare', script, ...TWO])).code).toBe(0);
    const { out } = await commandLine(['history', '--json']);
    const [{ id, configurations }] = (JSON.parse(out) as { runs: [{ id: number; configurations: { name: string }[] }] })
      .runs;
    expect(configurations.map(({ name }) => name)).toEqual(['pio', 'fast-mmio']);
    // The script is gone: what is stored is enough.
    writeFileSync(script, 'this is no script any more');
    for (const { id: format } of REPORT_FORMATS) {
      const [one, two] = [
        await commandLine(['report', String(id), '-f', format]),
        await commandLine(['report', String(id), '-f', format]),
      ];
      expect(one.code, one.err).toBe(0);
      expect(one.out.length).toBeGreaterThan(100);
      expect(two.out).toBe(one.out);
    }
  });

  it('are searched, tagged, deleted and taken back, exported and imported', async () => {
    const script = folder.guest('flash.ts', 'cpu.kick(bell);');
    await commandLine(['run', script, '--mmu', 'ept', '--design', 'userspace']);
    const id = /^ *(\d+) /m.exec((await commandLine(['history', '--search', 'flash.ts'])).out)![1]!;
    expect((await commandLine(['history', 'tag', id, 'rfc-v2', 'draft'])).out).toContain('draft rfc-v2');
    expect((await commandLine(['history', 'tag', id, '^draft'])).out).toBe(`run ${id}: rfc-v2\n`);
    await commandLine(['history', 'note', id, 'for', 'the', 'list']);
    expect((await commandLine(['history', '--tag', 'rfc-v2'])).out).toContain('rfc-v2');
    await commandLine(['history', 'delete', id]);
    expect((await commandLine(['history', '--search', 'flash.ts'])).out).toBe('No run is stored that fits.\n');
    expect((await commandLine(['history', 'undo'])).out).toBe(`run ${id} is back\n`);
    await commandLine(['history', 'export', id, '-o', at('flash.exitlab.json')]);
    expect((await commandLine(['history', 'import', at('flash.exitlab.json')])).out).toMatch(/^stored as run \d+$/m);
    const shown = await commandLine(['history', 'show', id]);
    expect(shown.out).toContain('for the list');
  });

  it.each([
    [['report', '99999'], 'there is no run 99999 in the history'],
    [['report', SCRIPT, '-f', 'docx'], "unknown format 'docx'"],
    [['report', at('nowhere.json')], 'there is no such file'],
    [['history', 'show', 'x'], "'x' is no number of a run"],
    [['history', 'burn'], "'burn' is nothing that can be done with the history"],
    [['history', 'tag', '1', 'a b'], "'a b' is no tag"],
    [['calibrate', at('nowhere.txt'), '--cpu', 'haswell'], 'there is no such file'],
    [['calibrate', at('nowhere.txt')], 'name the CPU model that is nearest'],
    [['compare', SCRIPT, '--fail-if', 'B.cycles'], 'it is a number'],
    [['compare', SCRIPT, '--mmu', 'ept', '--design', 'pio', '--fail-if', 'B.cycles > 1'], 'needs two configurations'],
    [['compare', SCRIPT, '--correlation', '2'], '--correlation takes a number from 0 to 1'],
  ])('%j is a sentence, and exit code 2', async (args, sentence) => {
    const { err, code } = await commandLine(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });

  it('trace-cmd report text has only lines that trace readers know, in order', async () => {
    const script = folder.guest('traced.ts', 'cpu.kick(bell);\ncpu.read32(0x1000);\ncpu.kick(bell);');
    const { out, err, code } = await commandLine([
      'report',
      script,
      '-f',
      'trace-cmd',
      '--mmu',
      'ept',
      '--design',
      'pio,fast-mmio,userspace',
    ]);
    expect(code, err).toBe(0);
    const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.shift()).toBe('cpus=3');
    const found = lines.map((line) => TRACE_LINE.exec(line)?.groups);
    expect(lines.filter((_, n) => found[n] === undefined)).toEqual([]);
    const times = found.map((groups) => Number(groups!['ts']));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const groups of found)
      expect(groups!['body'], groups!['ev']).toMatch(TRACE_BODIES[groups!['ev']!] ?? /^no such event$/);
    const names = (cpu: string): string[] =>
      found.filter((groups) => groups!['cpu'] === cpu).map((groups) => groups!['ev']!);
    expect(names('001')).toContain('kvm_fast_mmio');
    expect(names('000')).toContain('kvm_pio');
    expect(names('002')).toContain('kvm_userspace_exit');
    // Each exit is followed by an entry before the next one, on its own CPU.
    for (const cpu of ['000', '001', '002']) {
      const turns = names(cpu).filter((name) => name === 'kvm_exit' || name === 'kvm_entry');
      turns.forEach((name, n) => n > 0 && expect(name).not.toBe(turns[n - 1]));
    }
    const stored = await commandLine(['report', '1', '-f', 'trace-cmd']);
    expect(stored.err).toContain('a stored run keeps counts and no events');
  });

  it('a result file from the future is refused with a sentence', async () => {
    const file = folder.file('future.exitlab.json', JSON.stringify({ schema: 'exitlab.result/7' }));
    for (const args of [
      ['report', file],
      ['history', 'import', file],
    ]) {
      const { err, code } = await commandLine(args);
      expect(code).toBe(2);
      expect(err).toContain('written by a later version of Exitlab (exitlab.result/7');
    }
  });
});

describe('seeds of the workload', () => {
  it('have a spread of their own, apart from that of the prices', async () => {
    const script = folder.guest(
      'seeds.ts',
      'for (let n = 0; n < 300; n++) { if (cpu.random(2) === 0) cpu.kick(bell); else cpu.read32(0x1000); }',
    );
    const { out } = await commandLine(['compare', script, ...TWO, '--seeds', '4']);
    expect(out).toContain('over 4 seeds of the workload, at best prices:');
    const { out: json } = await commandLine(['compare', script, ...TWO, '--seeds', '4', '--json']);
    const [pair] = (JSON.parse(json) as { differences: { seeds: { count: number; low: number; high: number } }[] })
      .differences;
    expect(pair!.seeds.count).toBe(4);
    expect(pair!.seeds.low).toBeLessThan(pair!.seeds.high);
    const [first, ...rest] = await Promise.all(
      ['1', '2', '3', '4'].map(async (seed) => {
        const one = await commandLine(['compare', script, ...TWO, '--seed', seed, '--json']);
        return (JSON.parse(one.out) as { differences: { cycles: { value: number } }[] }).differences[0]!.cycles.value;
      }),
    );
    expect(pair!.seeds.low).toBeCloseTo(Math.min(first!, ...rest), 9);
    expect(pair!.seeds.high).toBeCloseTo(Math.max(first!, ...rest), 9);
  });
});

describe('compare for a CI', () => {
  it('fails where the condition holds, and says so in JUnit', async () => {
    const script = folder.guest('ci.ts', 'cpu.repeat(1000, () => cpu.kick(bell));');
    const junit = at('junit.xml');
    const failing = await commandLine([
      'compare',
      script,
      ...TWO,
      '--fail-if',
      'B.cycles > A.cycles * 0.5',
      '--junit',
      junit,
    ]);
    expect(failing.code).toBe(1);
    expect(failing.err).toContain('fast-mmio against pio: B.cycles > A.cycles * 0.5 holds');
    expect(read(junit)).toContain('tests="1" failures="1"');
    const passing = await commandLine([
      'compare',
      script,
      ...TWO,
      '--fail-if',
      'B.cycles > A.cycles * 2',
      '--junit',
      junit,
    ]);
    expect(passing.code).toBe(0);
    expect(read(junit)).toContain('tests="1" failures="0"');
  });

  it('break-even names the price at which both cost the same', async () => {
    const script = folder.guest('even.ts', 'cpu.repeat(1000, () => cpu.kick(bell));');
    const { out, code } = await commandLine(['break-even', script, ...TWO]);
    expect(code).toBe(0);
    expect(out).toMatch(/^kvm_fast_pio +[\d.]+ +[\d.]+ +estimated +no$/m);
  });
});

describe('a calibrated CPU', () => {
  it('is fitted, written, used, and marks its predictions', async () => {
    const figures = folder.file(
      'vmexit.txt',
      'cpuid 1291\nvmcall 1181\ninl_from_qemu 6209\noutl_to_kernel 1391\nmov_to_cr8 16\n',
    );
    const file = at('box.exitlab-cpu.json');
    const fitted = await commandLine([
      'calibrate',
      figures,
      '--cpu',
      'haswell',
      '--kernel',
      '4.15',
      '--mitigations',
      'none',
      '--name',
      'box',
      '-o',
      file,
    ]);
    expect(fitted.code, fitted.err).toBe(0);
    expect(fitted.out).toMatch(/^cpuid +1,291 +/m);
    expect(fitted.out).toContain('line 5: mov_to_cr8 is no single exit');
    expect(fitted.out).toContain('These rows cannot tell apart');
    const script = folder.guest('calibrated.ts', 'cpu.repeat(1000, () => cpu.kick(bell));');
    const used = await commandLine(['compare', script, '--cpu', 'haswell', '--design', 'pio', '--cpu-file', file]);
    expect(used.out.replaceAll(/\s+/g, ' ')).toMatch(
      /box \(unnamed CPU, calibrated from Intel Haswell\); (inter|extra)polated/,
    );
    const broken = folder.file('broken.exitlab-cpu.json', read(file).replace('"exitlab.cpu/1"', '"exitlab.cpu/9"'));
    expect((await commandLine(['compare', script, '--cpu', 'haswell', '--cpu-file', broken])).err).toContain(
      'written by a later version',
    );
  });
});

describe('docs/reports/seed-001.md', () => {
  const ARGS = ['--cpu', 'sapphire-rapids,haswell', '--design', 'rfc-violation,bad-page', '--kernel', '4.2'];

  it('is what its command prints now', { timeout: 120_000 }, async () => {
    const { out, code } = await commandLine(['report', 'scenarios/doorbell.ts', ...ARGS, '-f', 'markdown']);
    expect(code).toBe(0);
    expect(out).toBe(read(join(PROJECT, 'docs/reports/seed-001.md')));
  });
});
