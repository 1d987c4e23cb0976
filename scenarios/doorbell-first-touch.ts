/** The first kick of a page is never fast: it is an EPT violation (an #NPF without RSVD) that installs the MMIO SPTE. */
scenario({
  title: 'First touch of a doorbell page',
  question: 'What does the first kick of each doorbell page cost, and from which kick on is a design at its best?',
  claims: [
    'FAST_MMIO is asked at an EPT misconfiguration only (68c3b4d1676d), so the first kick of a page cannot find it: there is no entry yet',
    'Xiao Guangrong, August 2015, of the RFC: it returns before anything is installed, so every kick stays a first one',
  ],
  says: [
    'EPT: the first kick of a page costs 2,882 cycles with FAST_MMIO as with a wildcard eventfd: no entry yet, so a violation, and the emulator finds the twin on the MMIO bus. From the second kick on it is 1,296 against 2,438.',
    'The RFC stays where it is: 1,553, then 1,341, because nothing is installed; its kicks walk 6 entries, those of FAST_MMIO 2. A port costs 1,259 from the first kick on.',
    'NPT with the next RIP: 2,844, then 1,734.',
  ],
  configurations: {
    designs: [
      'userspace',
      'wildcard',
      'fast-mmio',
      'svm-fast-mmio',
      'pio',
      'rfc-violation',
      'bad-page',
      'write-mostly',
    ],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bells: Array.from({ length: 64 }, (_, i) => vm.doorbell({ name: `queue${i}`, width: 4, match: 1 })) };
  },
  guest(cpu, { bells }) {
    for (const kick of ['first kick', 'second kick', 'third kick']) {
      cpu.phase(kick);
      for (const bell of bells) cpu.kick(bell, 1);
    }
  },
});
