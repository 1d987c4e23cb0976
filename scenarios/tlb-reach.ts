/** One load a page in scattered order over growing working sets: where each TLB ends, and what an access costs behind it. */
scenario({
  title: 'TLB reach',
  question: 'At how many 4 KiB pages does each level of the TLB run out, and what does an access cost then?',
  claims: [
    'Pointer chase on a Zen 4 EPYC guest, core cycles an access: 3.9 up to 72 pages, 10.6 at 128, 21.5 at 2,048, 56 to 69 at 4,096, ' +
      '80 to 126 at 8,192 (72, 3,072 and the +7 of the second level set the model; the shape beyond did not)',
    '24 loads a miss would cost 132 cycles at 4,096 pages: twice what was measured, so the caches of the walk must serve most of it',
  ],
  says: [
    'Zen 4: 4 cycles up to 72 pages, 10.9 at 128, 21 up to 3,072, 58.0 at 4,096, 71.5 at 8,192. The model meets the measured shape at 4,096 and is a little low at 8,192; a miss there loads 1.68 and 2.06 entries, not the two dozen of a cold walk.',
    'Skylake-SP: the first level ends at 64 pages, the second at 1,536. Sapphire Rapids: 64 and 2,048.',
  ],
  configurations: {
    cpus: ['skylake-sp', 'sapphire-rapids', 'zen4'],
    designs: ['userspace'],
    switches: { dataCache: true },
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB' });
    return { base: 0x10_0000, sets: [64, 72, 80, 128, 1024, 1536, 1664, 2048, 2304, 3072, 3328, 4096, 8192] };
  },
  guest(cpu, { base, sets }) {
    const lines = Array.from({ length: sets.at(-1)! }, () => cpu.random(64));
    /** Every page once, at its line, in an order in which neighbours do not help each other. */
    const sweep = (pages: number): void => {
      for (let i = 0; i < pages; i++) {
        const page = (i * 1021) % pages;
        cpu.read64(base + page * 4096 + lines[page]! * 64);
      }
    };
    cpu.phase('first touch');
    sweep(lines.length);
    for (const pages of sets) {
      cpu.phase('warming up');
      for (let round = 0; round < 3; round++) sweep(pages);
      cpu.phase(`${pages} pages`);
      sweep(pages);
    }
  },
});
