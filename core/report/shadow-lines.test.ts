import { describe, expect, it } from 'vitest';
import { parseConfigurations } from '../experiment/configurations.ts';
import { shadowLines } from './shadow-lines.ts';
import { PLAIN } from './style.ts';
import type { RunView } from './view.ts';

interface Given {
  readonly mmu: 'ept' | 'shadow';
  readonly name?: string;
  readonly stats?: Readonly<Record<string, number>>;
}

const FAULT = {
  steps: [
    ['hw.vmexit', 1],
    ['kvm_inject_page_fault', 1],
  ],
  count: 4,
};
const HIT = { steps: [['guest.read', 1]], count: 1000 };

function view({ mmu, name, stats = {} }: Given): RunView {
  const parsed = parseConfigurations({ mmus: [mmu], cpus: ['haswell'], kernels: ['7.0'], designs: ['userspace'] });
  if (!parsed.ok) throw new Error(parsed.error);
  const configuration = { ...parsed.value[0]!, name: name ?? mmu };
  const bounds = (value: number) => ({ value, low: value, high: value });
  return {
    result: { configuration, stats },
    priced: {
      paths: [
        { path: FAULT, cycles: bounds(2500) },
        { path: HIT, cycles: bounds(4) },
      ],
    },
  } as unknown as RunView;
}

const shadow: Given = { mmu: 'shadow', stats: { pf_guest: 4, pf_host: 12_345 } };

describe('what is said of shadow paging', () => {
  it('is nothing where no run has it', () => expect(shadowLines([view({ mmu: 'ept' })], PLAIN)).toEqual([]));

  it('of one run: counts, the cycles of one access of each kind, and of all in thousands', () => {
    const lines = shadowLines([view(shadow)], PLAIN);
    const after = (title: string): string[] => {
      const at = lines.findIndex((line) => line.startsWith(`  ${title}`));
      return [
        lines[at]!.trim()
          .split(/\s{2,}/)
          .slice(1)
          .join(' '),
        lines[at + 1]!.trim().split(/\s+/).join(' '),
      ];
    };
    expect(lines[1]).toBe('Shadow paging');
    expect(after('counts')).toEqual(['injected host', '4 12,345']);
    expect(after('cycles of one')).toEqual(['injected no exit', '2,500 4']);
    expect(after('kcycles in all')).toEqual(['injected no exit', '10 4']);
  });

  it('leaves out counts and kinds that no run has, and shows what another run has', () => {
    const text = shadowLines([view(shadow), view({ ...shadow, name: 'other', stats: { mmu_flooded: 3 } })], PLAIN).join(
      '\n',
    );
    expect(text).toMatch(/counts +injected +host +floods\n/);
    expect(text).toMatch(/other +0 +0 +3\n/);
    expect(text).not.toMatch(/\n {2}counts.*zapped/);
  });

  it('shows the counts of a run with EPT beside it, not its cycles', () => {
    const lines = shadowLines([view({ mmu: 'ept', stats: { pf_direct: 9 } }), view(shadow)], PLAIN);
    expect(lines.filter((line) => line.startsWith('  ept'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('  shadow'))).toHaveLength(3);
  });

  it('calls runs with long names by number, and lists these unless they stand above', () => {
    const name = `shadow-intel/2.6.26/${'bypass-guest-pf'.repeat(4)}`;
    const runs = [view({ ...shadow, name }), view(shadow)];
    expect(shadowLines(runs, PLAIN)).toContain(`  [1] ${name}`);
    expect(shadowLines(runs, PLAIN, true)).not.toContain(`  [1] ${name}`);
    expect(shadowLines(runs, PLAIN, true).some((line) => line.startsWith('  [1] '))).toBe(true);
  });

  it('keeps to 80 columns', () => {
    const stats = Object.fromEntries(
      [
        'pf_direct',
        'pf_guest',
        'pf_trap_not_present',
        'pf_host',
        'mmu_pte_write',
        'mmu_flooded',
        'mmu_shadow_zapped',
        'mmu_reshadowed',
      ].map((stat) => [stat, 12_345]),
    );
    for (const line of shadowLines([view({ mmu: 'shadow', stats, name: 'shadow-2.6.26-np' }), view(shadow)], PLAIN))
      expect(line.length).toBeLessThanOrEqual(80);
  });
});
