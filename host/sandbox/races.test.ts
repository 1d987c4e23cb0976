import { describe, expect, it } from 'vitest';
import { type Played, play as playScript } from '../../test/driver/play-script.ts';

/** Runs a script with so many vCPUs on a real machine. */
const play = (vcpus: string, body: string): Promise<Played | string> =>
  playScript(`vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(${vcpus});`, body);

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
    ['17', '', /^vm\.vcpus\(\) must be a whole number from 0 to 16, not 17$/],
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
