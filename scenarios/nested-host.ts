/** KVM in a virtual machine: the outer hypervisor need not fill in the instruction length, so the fast path decodes again. */
scenario({
  title: 'Doorbells under a nested host',
  question: 'What is left of a fast doorbell when KVM itself runs under a hypervisor?',
  claims: [
    'Linux d391f1207067 (2018): under Hyper-V the instruction length is not filled in and RIP went astray; skip through the emulator instead',
    'So a decode is back on the way of every fast kick, and most of the gain is gone',
  ],
  says: [],
  configurations: {
    designs: ['wildcard', 'fast-mmio', 'svm-fast-mmio', 'pio', 'rfc-violation'],
    nestedHost: [false, true],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.phase('first kick');
    cpu.kick(bell, 1);
    cpu.phase('kick');
    cpu.repeat(100_000, () => cpu.kick(bell, 1));
  },
});
