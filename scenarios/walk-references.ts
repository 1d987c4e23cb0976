/** The loads of one cold two-dimensional walk: (g + 1)(h + 1) - 1 for g guest and h nested levels really read. */
scenario({
  title: 'Loads of a cold walk',
  question: 'How many paging entries does one TLB miss read when nothing is cached?',
  claims: ['Bhargava et al. 2008: 24 loads for 4 + 4 levels; 19 with one 2 MiB side, 15 with both, 8 for 1 GiB pages, 35 for 5 + 5 levels'],
  configurations: { designs: ['userspace'], hostPage: ['4K', '2M', '1G'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '4 GiB', map: '4K', mapSize: '16 MiB' });
    vm.map({ gva: 0x40_0000_0000, gpa: 0x4000_0000, size: '2 MiB', page: '2M' });
    vm.map({ gva: 0x80_0000_0000, gpa: 0x8000_0000, size: '1 GiB', page: '1G' });
    return { targets: [0x10_0000, 0x40_0000_0000, 0x80_0000_0000] };
  },
  guest(cpu, { targets }, host) {
    for (const gva of targets) {
      cpu.read64(gva);
      host.flushAll();
      cpu.read64(gva);
    }
  },
});
