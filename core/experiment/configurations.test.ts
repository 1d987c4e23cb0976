import { describe, expect, it } from 'vitest';
import { parseConfigurations, type Selection } from './configurations.ts';

function named(selection: Selection): string[] {
  const parsed = parseConfigurations(selection);
  return parsed.ok ? parsed.value.map(({ name, cpu, mmu }) => `${name} ${cpu} ${mmu}`) : [parsed.error];
}

describe('shadow paging among the configurations', () => {
  it.each<[string, Selection, string[]]>([
    ['left open, it is not compared', { designs: ['pio'] }, ['ept sapphire-rapids ept', 'npt zen4 npt']],
    [
      'alone, it runs on a CPU of each vendor, and names say which',
      { mmus: ['shadow'], designs: ['pio'] },
      ['shadow-intel sapphire-rapids shadow', 'shadow-amd zen4 shadow'],
    ],
    [
      'beside nested paging of the same CPU the flavour tells them apart',
      { mmus: ['ept', 'shadow'], cpus: ['haswell'], designs: ['pio'] },
      ['ept haswell ept', 'shadow-intel haswell shadow'],
    ],
    [
      'several CPUs, each with one flavour: the CPU says enough',
      { mmus: ['shadow'], cpus: ['haswell', 'skylake-sp', 'zen2'], designs: ['pio'] },
      ['haswell haswell shadow', 'skylake-sp skylake-sp shadow', 'zen2 zen2 shadow'],
    ],
    [
      'several CPUs with two flavours each: both are named',
      { mmus: ['ept', 'shadow'], cpus: ['haswell', 'skylake-sp'], designs: ['pio'] },
      [
        'ept/haswell haswell ept',
        'shadow-intel/haswell haswell shadow',
        'ept/skylake-sp skylake-sp ept',
        'shadow-intel/skylake-sp skylake-sp shadow',
      ],
    ],
    [
      'a single configuration has its flavour in its name',
      { mmus: ['shadow'], cpus: ['zen4'], designs: ['userspace'] },
      ['shadow-amd/userspace zen4 shadow'],
    ],
  ])('%s', (_what, selection, names) => expect(named(selection)).toEqual(names));

  it.each([
    ['rfc-violation', /^rfc-violation: this hooks the exit of a nested page fault/],
    ['rfc-write-bit', /^rfc-write-bit: this hooks the exit of a nested page fault/],
    ['bad-page', /^bad-page: this hooks the exit of a nested page fault/],
    ['write-mostly', /^write-mostly: the reserved SPTE is there for FAST_MMIO/],
    ['svm-fast-mmio', /^svm-fast-mmio: this is a design for AMD nested paging/],
  ])('%s is refused with a sentence', (design, sentence) => {
    expect(named({ mmus: ['shadow'], designs: [design] })[0]).toMatch(sentence);
  });

  it.each(['userspace', 'datamatch', 'wildcard', 'fast-mmio', 'pio', 'ro-emulated'])('%s is allowed', (design) => {
    expect(named({ mmus: ['shadow'], cpus: ['haswell'], designs: [design] })).toEqual([
      `shadow-intel/${design} haswell shadow`,
    ]);
  });
});

describe('kernels before nested paging', () => {
  it('run with shadow paging where the MMU is left open, and without VPID on Intel', () => {
    const parsed = parseConfigurations({ kernels: ['2.6.24', '7.0'], designs: ['userspace'], vpid: [true, false] });
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.value.map(({ cpu, mmu, kernel, vpid }) => `${kernel} ${cpu} ${mmu} ${vpid}`)).toEqual([
      '2.6.24 sapphire-rapids shadow false',
      '7.0 sapphire-rapids ept true',
      '7.0 sapphire-rapids ept false',
      '2.6.24 zen4 shadow true',
      '2.6.24 zen4 shadow false',
      '7.0 zen4 npt true',
      '7.0 zen4 npt false',
    ]);
  });

  it('refuse EPT and NPT with a sentence', () => {
    expect(named({ kernels: ['2.6.24'], mmus: ['ept'], designs: ['userspace'] })).toEqual([
      'this kernel has neither EPT nor NPT, which came with Linux 2.6.26; choose --mmu shadow (kernel 2.6.24, ept)',
    ]);
    expect(named({ kernels: ['2.6.26'], mmus: ['npt'], designs: ['userspace'] })).toEqual([
      'EPT and NPT of this kernel are not modelled; choose --mmu shadow (kernel 2.6.26, npt)',
    ]);
  });
});

describe('CPUs of the host that vCPUs share', () => {
  it('are an axis: each number becomes the switch of that name, and names tell them apart', () => {
    const parsed = parseConfigurations({ mmus: ['ept'], designs: ['userspace'], hostCpus: [0, 1, 2] });
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.value.map(({ name, switches }) => [name, switches['hostCpus']])).toEqual([
      ['own-cpus', 0],
      ['1-cpu', 1],
      ['2-cpus', 2],
    ]);
  });

  it('are not in configurations of which nobody asked for them', () => {
    const parsed = parseConfigurations({ mmus: ['ept'], designs: ['userspace'], switches: { apicv: true } });
    expect(parsed.ok && parsed.value.map(({ switches }) => switches)).toEqual([{ apicv: true }]);
  });

  it('are a whole number', () => {
    expect(named({ hostCpus: [1.5] })).toEqual(["switch hostCpus takes a whole number from 0 to 256, not '1.5'"]);
  });
});
