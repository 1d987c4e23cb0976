/** KVM in a virtual machine: the outer hypervisor need not fill in the instruction length, so the fast path decodes again. */
scenario({
  title: 'Doorbells under a nested host',
  question: 'What is left of a fast doorbell when KVM itself runs under a hypervisor?',
  claims: [
    'd391f1207067, January 2018: on Hyper-V the instruction length is unset and RIP advanced by garbage; skip through the emulator instead',
    'published-figures B0: a nested host loses most of the gain because a decode comes back',
  ],
  configurations: { nestedHost: [false, true] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.repeat(100_000, () => cpu.kick(bell, 1));
  },
});
