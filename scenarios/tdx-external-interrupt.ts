/** Version 1 of seed 003's machine-check patches: a TD whose host interrupts are never served. */
scenario({
  title: 'TDX external interrupt',
  question: 'Is every interrupt of the host that brings a TD out of the guest served exactly once, under every design?',
  claims: [
    'S. Christopherson, November 2025 (seed 003): dropped, as patch 2 broke TDX',
    'T. Lindgren, 17 November 2025: a TD does not boot, and the host reports hard lockups',
  ],
  says: [
    'With version 1 of the machine-check patches none of 1,000 interrupts was served on a TD: 1,000 divergences. With the second version, and without the patches, all are.',
    "The 5,427 cycles of version 1 against 5,742 are no gain: the handler that is missing is the host's.",
  ],
  configurations: {
    designs: ['userspace', 'mc-outside-v1', 'mc-outside', 'xcr0-pkru-outside-v1', 'xcr0-pkru-outside'],
    cpus: ['sapphire-rapids'],
    kernels: ['6.18'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.td();
  },
  guest(cpu, _context, host) {
    cpu.repeat(1000, () => {
      cpu.pause(10_000);
      host.externalInterrupt();
    });
    host.machineCheck({ when: 'entry' });
  },
});
