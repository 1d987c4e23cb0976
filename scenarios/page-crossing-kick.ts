/** A store that begins in RAM and ends on a doorbell: the fast path skips the whole instruction, RAM half included. */
scenario({
  title: 'A kick that crosses a page',
  question: 'What happens to the RAM half of a store that ends on the first byte of a doorbell page?',
  claims: [
    'Reading 68c3b4d1676d: the exit names the page that misconfigured first; the kick is taken and the instruction skipped as a whole',
  ],
  says: [
    'FAST_MMIO (on NPT where the next RIP is stored), the RFC and its variants signal the eventfd and skip the instruction: the 4 bytes in RAM are never stored.',
    'The emulated designs store both halves; on EPT the crossing kick costs them 2,838 cycles with a wildcard eventfd and 6,710 without eventfd.',
  ],
  configurations: {
    designs: ['userspace', 'wildcard', 'fast-mmio', 'svm-fast-mmio', 'rfc-violation', 'rfc-write-bit', 'bad-page'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const edge = 0x100_0000;
    return { edge, bell: vm.doorbell({ name: 'kick', width: 4, gpa: edge, match: 1 }) };
  },
  guest(cpu, { edge, bell }) {
    cpu.phase('getting ready');
    cpu.write32(edge - 4, 0);
    cpu.kick(bell, 1);
    cpu.kick(bell, 1);
    cpu.phase('kick');
    cpu.kick(bell, 1);
    cpu.phase('kick across the edge');
    cpu.write64(edge - 4, 0x0000_0001_1234_5678n);
    cpu.phase('reading the RAM half');
    cpu.read32(edge - 4);
  },
});
