/** The loads of one cold two-dimensional walk: (g + 1)(h + 1) - 1 for g guest and h host levels really read. */
scenario({
  title: 'Loads of a cold walk',
  question: 'How many paging entries does one TLB miss read when nothing is cached?',
  claims: [
    'R. Bhargava et al., ASPLOS 2008: up to 24 loads for 4 guest levels on 4 host levels, against 4 without nesting',
  ],
  says: [
    'Guest pages of 4 KiB, 2 MiB, 1 GiB: 24, 19, 14 loads on host pages of 4 KiB; 19, 15, 11 on 2 MiB; 14, 11, 8 on 1 GiB. EPT and NPT alike, as (g + 1)(h + 1) - 1 has it.',
    'With every entry in the first-level data cache the dearest of these walks takes 140 cycles on Sapphire Rapids and 120 on Zen 4; from memory it would take thousands.',
    'exitlab explain scenarios/walk-references.ts --access 3 lists the 24 entries one by one.',
  ],
  configurations: {
    designs: ['userspace'],
    hostPages: ['4K', '2M', '1G'],
    // No paging-structure cache and no nested TLB: without this even a cold walk reuses what its own first levels brought in.
    switches: { pscEntries: 0, nestedTlbEntries: 0 },
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '4 GiB', map: '4K', mapSize: '16 MiB' });
    vm.map({ gva: 0x40_0000_0000, gpa: 0x4000_0000, size: '2 MiB', page: '2M' });
    vm.map({ gva: 0x80_0000_0000, gpa: 0x8000_0000, size: '1 GiB', page: '1G' });
    return { '4K': 0x10_0000, '2M': 0x40_0000_0000, '1G': 0x80_0000_0000 };
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
