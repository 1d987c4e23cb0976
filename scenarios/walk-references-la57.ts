/** The same as walk-references with five levels in the guest, and therefore, where CPU and kernel can, five in EPT or NPT. */
scenario({
  title: 'Loads of a cold walk, five levels',
  question: 'What does a fifth level in both dimensions add to a walk when nothing is cached?',
  claims: ['The formula behind the 24 of four levels, (g + 1)(h + 1) - 1, gives 35 for five on five'],
  says: ['35 loads for a 4 KiB page on 4 KiB host pages, 29 when one side has 2 MiB pages, 24 when both have.'],
  configurations: {
    designs: ['userspace'],
    hostPages: ['4K', '2M'],
    switches: { pscEntries: 0, nestedTlbEntries: 0 },
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '4 GiB', map: '4K', mapSize: '16 MiB' });
    vm.paging({ mode: '5-level' });
    vm.map({ gva: 0x40_0000_0000, gpa: 0x4000_0000, size: '2 MiB', page: '2M' });
    return { '4K': 0x10_0000, '2M': 0x40_0000_0000 };
  },
  guest(cpu, pages) {
    for (const [size, gva] of Object.entries(pages)) {
      cpu.phase('first touch');
      cpu.read64(gva);
      cpu.invlpg(gva);
      cpu.phase(`${size} guest page`);
      cpu.read64(gva);
    }
  },
});
