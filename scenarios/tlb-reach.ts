/** One load a page over growing working sets: where each TLB ends, and what a miss costs behind it. */
scenario({
  title: 'TLB reach',
  question: 'At which number of pages does each level of the TLB run out, and what does an access cost then?',
  claims: ['hardware-mmu 4.2: knees at 72 and 3072 pages on Zen 4; 56 to 69 core cycles at 4096 pages, half of what 24 loads would cost'],
  configurations: { designs: ['userspace'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: '4K' });
    return { base: 0x10_0000, sets: [48, 72, 128, 1024, 2048, 3072, 4096, 8192] };
  },
  guest(cpu, { base, sets }) {
    for (const pages of sets) {
      for (let round = 0; round < 4; round++) {
        for (let page = 0; page < pages; page++) cpu.read64(base + page * 4096);
      }
    }
  },
});
