/** MMIO leaves the fastpath loop, so nothing is gained by moving XCR0 out of it; what if the kick stayed in? */
scenario({
  title: 'MMIO kick, no gain',
  question:
    'Does a doorbell gain anything from XCR0 and PKRU swapped outside the fastpath loop, and would it inside the loop?',
  claims: [
    'S. Christopherson, 30 October 2025 (seed 003): there is basically no chance that the uplift of the workload comes from fewer XCR0 loads',
    'arch/x86/kvm/x86.c of 6.19: an exit that leaves the loop swaps once either way',
  ],
  says: [
    'A kick that leaves the loop costs 1,473 cycles with the swaps inside and outside: no gain, as the cover letter has it.',
    'Answered inside the loop, with SRCU taken for the look-up alone, it would cost 1,311. No kernel does that, and IRQs are off there.',
  ],
  configurations: {
    designs: ['fast-mmio', 'xcr0-pkru-outside', 'fast-mmio-fastpath'],
    cpus: ['sapphire-rapids'],
    kernels: ['6.18'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.registers({ osxsave: true });
    return { bell: vm.doorbell({ name: 'kick', width: 4 }) };
  },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.repeat(1000, () => cpu.kick(bell, 1));
  },
});
