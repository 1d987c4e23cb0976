import { describe, expect, it } from 'vitest';
import { prepare, parseConfigurations, type RunResult } from '../../core/index.ts';
import { compileScript } from './compile/compile.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Session } from './session.ts';

interface Played {
  readonly messages: readonly string[];
  readonly result: RunResult | null;
  readonly error: string | null;
}

/** Runs a script whose guest is this text, from line 3 on, on a real machine. */
async function play(body: string, options = '', before = ''): Promise<Played> {
  const text = `scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '16 MiB', map: false }); ${before} return { os: vm.kernel(${options}) }; },
guest(cpu, { os }) {
${body}
} });`;
  const compiled = compileScript(text, 'a.ts');
  if (!compiled.ok) throw new Error(compiled.error.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  const messages: string[] = [];
  const session = await Session.open(compiled.value, {
    seed: 1,
    limits: DEFAULT_LIMITS,
    hostPage: '4K',
    onMessage: (message) => messages.push(message),
    onProgress: () => {},
  });
  if (!session.ok) throw new Error(session.error.message);
  const setup = session.value.setup();
  if (!setup.ok) return { messages, result: null, error: `${setup.error.line}: ${setup.error.message}` };
  const configuration = parseConfigurations({ mmus: ['ept'], designs: ['userspace'] });
  if (!configuration.ok) throw new Error(configuration.error);
  const run = prepare(configuration.value[0]!, setup.value);
  if (!run.ok) return { messages, result: null, error: run.error };
  const guest = session.value.guest(run.value);
  const error = guest.ok ? null : `${guest.error.line}: ${guest.error.message}`;
  return { messages, result: run.value.result(), error };
}

/** Runs a script that must go through without a divergence. */
async function plays(body: string, options?: string, before?: string): Promise<Played> {
  const played = await play(body, options, before);
  expect(played.error).toBeNull();
  expect(played.result?.problem).toBeNull();
  expect(played.result?.divergences).toEqual([]);
  return played;
}

const STARTED = 'const p = os.process(); os.switchTo(p);';

describe('the guest kernel of a script', () => {
  it('serves faults: what was written is read, what was not reads 0, and the parent keeps its bytes', async () => {
    const { messages } = await plays(`${STARTED}
      const heap = os.mmap(p, { size: '64 KiB' });
      console.log(cpu.read64(heap), (cpu.write64(heap, 7n), cpu.read64(heap)));
      const child = os.fork(p);
      os.switchTo(child);
      cpu.write64(heap, 8n);
      console.log(cpu.read64(heap));
      os.switchTo(p);
      console.log(cpu.read64(heap), os.age(p));
      const { pgfault, cow, segv } = os.vmstat();
      console.log(pgfault, cow, segv);`);
    expect(messages).toEqual(['0n 7n', '8n', '7n 1', '3 2 0']);
  });

  it('answers a wrong access with a fault that the script sees', async () => {
    const { messages, result } = await plays(`${STARTED}
      const text = os.mmap(p, { size: 4096, prot: 'r' });
      cpu.write32(text, 1);
      console.log(cpu.lastFault()!.errorCode, cpu.lastFault()!.address === BigInt(text));
      cpu.read32(0x1234);
      console.log(cpu.lastFault()!.errorCode, cpu.lastFault()!.address);`);
    expect(messages).toEqual(['6 true', '4 4660n']);
    expect(result?.notes.map(({ what, line }) => `${line} ${what}`)).toEqual([
      expect.stringMatching(/^5 guest #PF at 0x7efffffff000, error code 0x6$/),
      '7 guest #PF at 0x1234, error code 0x4',
    ]);
  });

  it('is recorded in loops: processes and addresses are known there, answers are not', async () => {
    const { messages, result } = await plays(`${STARTED}
      cpu.repeat(5, () => {
        const child = os.fork(p);
        const at = os.mmap(child, { size: 8192 });
        os.switchTo(child);
        cpu.write64(at, 1n);
        os.exit(child);
        os.switchTo(p);
        os.age(p);
      });
      console.log(os.vmstat().processes, os.vmstat().pgfault);`);
    expect(messages).toEqual(['5 5']);
    expect(result?.notes).toEqual([]);
  });

  it('multiplies loops out that leave it as they found it', async () => {
    const { messages, result } = await plays(`${STARTED}
      const other = os.fork(p);
      cpu.repeat(1e9, () => { os.switchTo(other); os.switchTo(p); os.syscall(); });
      console.log(os.vmstat().ctxt);`);
    expect(messages).toEqual([`${2e9 + 1}`]);
    expect(result?.accesses).toBeGreaterThanOrEqual(8e9);
  });

  it('runs the body of a system call in kernel mode, where a driver may stand', async () => {
    const { result, messages } = await plays(
      `${STARTED}
      const heap = os.mmap(p, { size: 4096 });
      os.syscall(() => { cpu.write64(heap, 3n); cpu.read32(-0x7780_0000_0000 + 0x1000); });
      cpu.read32(-0x7780_0000_0000 + 0x1000);
      console.log(cpu.lastFault()!.errorCode, cpu.read64(heap));`,
    );
    expect(messages).toEqual(['5 3n']);
    expect(result?.notes).toHaveLength(1);
  });

  it.each([
    [
      'os.mmap(): page 0x11000 is mapped already: munmap it first, or map elsewhere',
      `${STARTED} os.mmap(p, { gva: 0x10000, size: 8192 }); os.mmap(p, { gva: 0x11000, size: 4096 });`,
    ],
    ['os.switchTo(): process 0 has ended', `${STARTED} os.exit(p); os.switchTo(p);`],
    [
      'os.fork(): process 1 of the round before is still there: os.exit() it inside the loop',
      `${STARTED} cpu.repeat(2, () => void os.fork(p));`,
    ],
    [
      'os.mprotect(): a part of the range at 0x10000 is not mapped',
      `${STARTED} os.mprotect(p, { gva: 0x10000, size: 4096, prot: 'r' });`,
    ],
    ['os.syscall(): no process runs: os.switchTo() one first', 'os.syscall();'],
    [
      'the guest kernel is out of memory: give vm.kernel() or the first vm.ram() more, or free some',
      `${STARTED} os.mmap(p, { size: '64 MiB', populate: true });`,
    ],
  ])('stops with a sentence: %s', async (sentence, body) => {
    const { error, result } = await play(body, "{ size: '1 MiB' }");
    expect(error).toBeNull();
    expect(result?.problem).toEqual({ text: sentence, line: 3 });
  });

  it.each([
    ['os.mmap(os.process(), { size: 1 });', '3: os.mmap(): mapping.size must be a multiple of 4096, not 0x1'],
    [
      'os.mmap(os.process(), { gva: 0x8000_0000_0000, size: 4096 });',
      "3: os.mmap(): 0x800000000000 is not in a process's part of the address space, which ends at 0x800000000000",
    ],
    [
      "os.mmap(os.process(), { file: 'a', huge: true, size: 4096 });",
      '3: os.mmap(): huge is for private anonymous memory',
    ],
    ['os.switchTo({ pid: 3 });', '3: os.switchTo() takes a process that os.process() or os.fork() returned'],
  ])('refuses %s', async (body, sentence) => {
    expect((await play(body)).error).toBe(sentence);
  });

  it.each([
    ['{ pcid: true, release: "3.14" }', '', 'Linux 3.14 uses no PCIDs: they came with 4.14'],
    ['{ pcid: true }', "vm.paging({ mode: 'pae' });", 'pae paging has no PCIDs'],
    ['', "vm.paging({ mode: 'none' });", "vm.kernel() needs paging: leave vm.paging({ mode: 'none' }) out"],
    ['{ gpa: 0x80_0000, size: "16 MiB" }', '', 'vm.kernel(): its memory must lie in the first vm.ram()'],
    ['', 'vm.kernel();', '1: vm.kernel() is called a second time; a guest has one kernel'],
  ])('cannot be: vm.kernel(%s)', async (options, before, sentence) => {
    expect((await play('', options, before)).error).toBe(sentence);
  });
});
