import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditKernel } from '../driver/kernel-audit.ts';
import { bootKernel, type KernelDriver, type KernelOptions, MIB } from '../driver/kernel-driver.ts';
import { hugePrograms, kernelPrograms, type KernelStep, runProgram } from '../driver/kernel-program.ts';
import { search } from '../driver/random-run.ts';

const MODES = ['2-level', 'pae', '4-level', '5-level'] as const;
const MMUS = [
  { mmu: 'ept', cpu: 'sapphire-rapids', kernel: '7.0' },
  { mmu: 'npt', cpu: 'zen4', kernel: '7.0' },
  { mmu: 'shadow', cpu: 'sapphire-rapids', kernel: '7.0' },
  { mmu: 'shadow', cpu: 'zen4', kernel: '4.15' },
] as const;

/** What was served, read and left behind is what the plain model says; nobody saw a difference, and nothing is left after the end. */
function judge(kernel: KernelDriver, steps: readonly KernelStep[], huge = false): void {
  expect(runProgram(kernel, steps, huge)).toEqual([]);
  expect(auditKernel(kernel)).toEqual([]);
  kernel.d.expectNoDivergence();
  for (const process of [0, 1, 2, 3]) if (kernel.isAlive(process)) kernel.os({ call: 'exit', process });
  kernel.d.expectNoDivergence();
  expect(kernel.usedFrames()).toBe(1 + kernel.cachedPages());
}

describe.each(MMUS)('a guest kernel on $mmu, $cpu, $kernel', (machine) => {
  const searched = (options: KernelOptions, runs: number): void =>
    fc.assert(
      fc.property(kernelPrograms, (steps) => judge(bootKernel({ ...machine, ...options }), steps)),
      search(runs),
    );

  it.each(MODES)('gives processes the memory that a plain model gives them: %s', (mode) => {
    searched({ mode }, 30);
  });

  it.each(['2.6.24', '3.14', '4.15'] as const)('so it does as Linux %s', (release) => {
    searched({ release, mode: release === '2.6.24' ? 'pae' : '4-level' }, 20);
  });

  it('and with PCIDs', () => searched({ pcid: true }, 30));

  it.each(MODES)('and with huge pages, made at once and by khugepaged: %s', (mode) => {
    const options = { ...machine, mode, ram: 48 * MIB, check: false };
    fc.assert(
      fc.property(hugePrograms, (steps) => judge(bootKernel(options), steps, true)),
      search(4),
    );
  });

  it('and with TLB entries that vanish at any moment', () => {
    searched({ switches: { evictEvery: 3 } }, 15);
  });
});
