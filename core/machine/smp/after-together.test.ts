import { expect, it } from 'vitest';
import { play } from '../../../test/driver/play-script.ts';

it.each(['ept', 'npt', 'shadow'] as const)(
  'a vCPU whose program has ended is kicked like the others: %s',
  async (mmu) => {
    const played = await play(
      `vm.paging({ mode: '4-level', tables: 0x80000 }); vm.ram({ gpa: 0, size: '1 MiB' }); vm.vcpus(2);`,
      `cpu.together([(cpu) => { cpu.read32(0x5004); }, (cpu) => { cpu.pause(400_000); cpu.add(0x5004, 1); }],
  () => { cpu.pause(200_000); host.reclaim({ gpa: 0x5000, size: 4096 }); });
console.log(cpu.read32(0x5004));`,
      { mmus: [mmu], kernels: ['4.15'] },
    );
    if (typeof played === 'string') throw new Error(played);
    expect(played.messages).toEqual(['1']);
    expect(played.result.divergences).toEqual([]);
  },
);
