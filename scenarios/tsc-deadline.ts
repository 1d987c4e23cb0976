/** The timer of a guest: a deadline that has passed, and one that interrupts a computation (tscdeadline_immed, tscdeadline of vmexit.flat). */
scenario({
  title: 'TSC deadline',
  question: 'What does a timer interrupt cost a guest, with the kernels before and after the fastpath loop?',
  claims: [
    'kvm-unit-tests cfbd129c (2017), Haswell: tscdeadline 5600 cycles with the VMX preemption timer and 6800 with an hrtimer, tscdeadline_immed 2500 and 3700',
    'Wanpeng Li, 26efe2fd92e5 (2020), Skylake-SP: tscdeadline_immed 3028.5 to 2494.75 in the fastpath loop',
  ],
  says: [
    'Haswell on 6.18: a write of a deadline that has passed and the interrupt it raises are two accesses of 1,042 cycles each; 1,184 without the fastpath loop (4.15).',
    'The deadline that interrupts a computation costs 1,605 cycles in each of five parts, 5,000 of them in all the computation itself.',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['haswell', 'sapphire-rapids', 'zen4'],
    kernels: ['4.15', '6.18', '7.0'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.lapic();
  },
  guest(cpu) {
    // LVT timer: TSC-deadline mode, vector 0xec.
    cpu.wrmsr(0x832, 0x400ec);
    cpu.phase('tscdeadline_immed');
    cpu.repeat(1000, () => cpu.tscDeadline(0));
    cpu.phase('tscdeadline');
    cpu.repeat(1000, () => {
      cpu.tscDeadline(3000);
      cpu.pause(5000);
    });
  },
});
