/** A store that begins in RAM and ends on a doorbell: the fast path skips the whole instruction, RAM half included. */
scenario({
  title: 'A kick that crosses a page',
  question: 'What happens to the RAM half of a store that ends on the first byte of a doorbell page?',
  claims: ['kvm-semantics 5.6: the kick is taken and the whole instruction skipped, losing the RAM half (read in the source, not run)'],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const edge = 0x100_0000;
    return { edge, bell: vm.doorbell({ name: 'kick', width: 4, gpa: edge, match: 1 }) };
  },
  guest(cpu, { edge, bell }) {
    cpu.write32(edge - 4, 0);
    cpu.kick(bell, 1);
    cpu.write64(edge - 4, 0x0000_0001_1234_5678n);
    cpu.read32(edge - 4);
  },
});
