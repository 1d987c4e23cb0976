/** KVM in a virtual machine: the outer hypervisor need not fill in the instruction length, so the fast path decodes again. */
scenario({
  title: 'Doorbells under a nested host',
  question: 'What is left of a fast doorbell when KVM itself runs under a hypervisor?',
  claims: [
    'Linux d391f1207067 (2018): under Hyper-V the instruction length is not filled in and RIP went astray; skip through the emulator instead',
    'So a decode is back on the way of every fast kick, and most of the gain is gone',
  ],
  says: [
    'Linux 4.2 under a hypervisor that leaves the instruction length unset: FAST_MMIO stops the guest at the second kick. Linux 7.0 decodes: 1,903 ' +
      'cycles instead of 1,260, more than half way to the 2,357 of a wildcard eventfd.',
    'The RFC relies on the same length and stops the guest at its first kick on either kernel. A port does not need it: 1,224.',
    'Only the length and the decode are modelled: exits and VMREADs cost what they do on bare metal, so the figures are differences, not totals.',
  ],
  configurations: {
    designs: ['wildcard', 'fast-mmio', 'pio', 'rfc-violation'],
    kernels: ['4.2', '7.0'],
    mmus: ['ept'],
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
