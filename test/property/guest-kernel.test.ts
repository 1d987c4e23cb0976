import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { auditKernel } from '../driver/kernel-audit.ts';
import { bootKernel, type KernelDriver, type KernelOptions, MIB } from '../driver/kernel-driver.ts';
import { hugePrograms, kernelPrograms, type KernelStep, runProgram } from '../driver/kernel-program.ts';
import { search, textOf } from '../driver/random-run.ts';

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
  for (const pid of [0, 1, 2, 3]) if (kernel.isAlive(pid)) kernel.os({ call: 'exit', pid });
  kernel.d.expectNoDivergence();
  expect(kernel.usedFrames()).toBe(1 + kernel.cachedPages());
}

/** What loops do that come back to where they were. */
const LOOPS: readonly (readonly [string, (k: KernelDriver) => void])[] = [
  [
    'two processes in turn',
    (k) => {
      for (const pid of [1, 0]) {
        k.os({ call: 'switchTo', pid });
        k.d.write64(0x1000_0000, 5).insn(OP.READ, 8, 0x1000_1000);
      }
    },
  ],
  [
    'fork, copy-on-write, exit',
    (k) => {
      k.os({ call: 'fork', pid: 0, child: 2 });
      k.os({ call: 'switchTo', pid: 2 });
      k.d.write64(0x1000_0000, 6);
      k.os({ call: 'exit', pid: 2 });
      k.os({ call: 'switchTo', pid: 0 });
    },
  ],
  [
    'mmap, fault, munmap',
    (k) => {
      k.mmap(0, 0x2000_0000, 0x3000);
      k.d.write64(0x2000_0ffc, 6);
      k.munmap(0, 0x2000_0000, 0x3000);
    },
  ],
  [
    'aging and a wrong access',
    (k) => {
      k.os({ call: 'age', pid: 0 });
      k.d.insn(OP.READ, 8, 0x1000_0000).insn(OP.READ, 8, 0x5000_0000);
    },
  ],
];

describe.each(LOOPS)('a recorded loop of the kernel: %s', (_name, body) => {
  it.each([
    { mmu: 'ept', mode: '4-level', pcid: false },
    { mmu: 'ept', mode: '4-level', pcid: true },
    { mmu: 'npt', mode: 'pae', pcid: false },
    { mmu: 'shadow', mode: '4-level', pcid: false },
  ] as const)('gives what its copies give: $mmu, $mode, PCID $pcid', (options) => {
    const run = (whole: boolean): string => {
      const k = bootKernel(options);
      k.start(0);
      k.mmap(0, 0x1000_0000, 0x4000);
      k.d.write64(0x1000_0000, 1);
      k.os({ call: 'fork', pid: 0, child: 1 });
      k.d.at(7);
      if (whole) k.d.repeat(60, () => body(k));
      else for (let i = 0; i < 60; i++) body(k);
      k.d.expectNoDivergence();
      return textOf({ ...k.d.result(), vmstat: k.d.machine.vmstat() });
    };
    expect(run(true)).toBe(run(false));
  });
});

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
