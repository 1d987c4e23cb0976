import { describe, expect, it } from 'vitest';
import { parseConfigurations, prepare, type RunResult } from '../../core/index.ts';
import { compileScript } from './compile/compile.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Session } from './session.ts';

interface Played {
  readonly messages: readonly string[];
  readonly error: string | null;
  readonly result: RunResult;
}

/** Runs a script with so many vCPUs on a real machine. */
async function play(vcpus: string, body: string): Promise<Played | string> {
  const text = `scenario({ title: 't', setup(vm) { vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(${vcpus}); },
guest(cpu, _context, host) {
${body}
} });`;
  const compiled = compileScript(text, 'a.ts');
  if (!compiled.ok) return compiled.error[0]!.message;
  const messages: string[] = [];
  const session = await Session.open(compiled.value, {
    seed: 1,
    limits: DEFAULT_LIMITS,
    hostPage: '4K',
    onMessage: (message) => messages.push(message),
    onProgress: () => {},
  });
  if (!session.ok) return session.error.message;
  const setup = session.value.setup();
  if (!setup.ok) return setup.error.message;
  const configurations = parseConfigurations({ mmus: ['ept'], designs: ['userspace'] });
  if (!configurations.ok) return configurations.error;
  const run = prepare(configurations.value[0]!, setup.value);
  if (!run.ok) return run.error;
  const guest = session.value.guest(run.value);
  return { messages, error: guest.ok ? null : guest.error.message, result: run.value.result() };
}

const RACE = `cpu.write64(0x2000, 1n);
  const errno = host.whileIn({ window: 'kvm_faultin_pfn', accesses: [
    { op: 'write', address: 0x2000, value: 5n },
    { op: 'write', address: 0x2008, value: 0xffff_ffff, width: 4 },
    { op: 'read', address: 0x2000n },
  ] });
  cpu.read64(0x1000);
  console.log(errno, cpu.read64(0x2000), cpu.read64(0x2008));`;

describe('a script with a second vCPU', () => {
  it('says what it does while the first is in KVM', async () => {
    const played = await play('2', RACE);
    expect(played).toMatchObject({ messages: ['0 5n 4294967295n'], error: null });
    expect((played as Played).result.divergences).toEqual([]);
    expect((played as Played).result.notes).toEqual([
      { what: 'vCPU 1: 3 accesses while vCPU 0 is in kvm_faultin_pfn', line: 4, count: 1 },
    ]);
  });

  it('is refused where it declared none', async () => {
    expect(await play('1', RACE)).toMatchObject({ messages: ['-22 1n 0n'] });
  });

  it.each<[string, string, RegExp]>([
    ['0', '', /^vm\.vcpus\(\) takes at least 1$/],
    ['5', '', /^vm\.vcpus\(\) must be a whole number from 0 to 4, not 5$/],
    [
      '2',
      "host.whileIn({ window: 'schedule' as never, accesses: [] });",
      /^host\.whileIn\(\): window must be '?kvm_mmu_get_page'?, .*, not '?schedule'?$/,
    ],
    [
      '2',
      "host.whileIn({ window: 'walk_addr', accesses: [{ op: 'write', address: 1n << 47n }] });",
      /^host\.whileIn\(\): address 0x800000000000 is not canonical/,
    ],
    [
      '2',
      "host.whileIn({ window: 'walk_addr', accesses: [{ op: 'write', address: 0, value: 256, width: 1 }] });",
      /^host\.whileIn\(\): value 0x100 does not fit in 1 bytes$/,
    ],
  ])('vm.vcpus(%s); %s', async (vcpus, body, sentence) => {
    const played = await play(vcpus, body);
    expect(typeof played === 'string' ? played : played.error).toMatch(sentence);
  });
});
