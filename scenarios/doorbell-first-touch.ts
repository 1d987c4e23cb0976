/** The first kick of a page is never fast: it is an EPT violation (or an #NPF without RSVD) that installs the MMIO SPTE. */
scenario({
  title: 'First touch of a doorbell page',
  question: 'What does the first kick of each doorbell page cost, and from which kick on is a design at its best?',
  claims: [
    'kvm-semantics 5.6: fast kicks begin with the second touch of a page; the first goes through the emulator and the MMIO-bus twin',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bells: Array.from({ length: 64 }, (_, i) => vm.doorbell({ name: `queue${i}`, width: 4, match: 1 })) };
  },
  guest(cpu, { bells }) {
    for (const bell of bells) cpu.kick(bell, 1);
  },
});
