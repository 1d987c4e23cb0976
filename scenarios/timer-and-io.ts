/** A guest that does I/O: a kick for a thread of the VMM, a port that the VMM answers, and a timer that interrupts it. */
scenario({
  title: 'Timer and I/O',
  question: 'Which workload is the third listing of seed 003, of which nothing was said?',
  claims: [
    'S. Christopherson, 30 October 2025 (seed 003), third listing: vmx_vmexit 17.78 %, vmx_vcpu_run 5.08 %, vcpu_run 4.24 %, _raw_spin_lock_irqsave 4.21 %, kvm_load_guest_xsave_state 2.99 %, rcu_note_context_switch 2.51 %, ktime_get_update_offsets_now 2.47 %, kvm_load_host_xsave_state 2.21 %, fput 2.16 %',
  ],
  says: [
    '4,000 kicks, 1,000 bytes for a port of the VMM and as many timer interrupts cost 3,513 cycles an access, the computation between them included.',
    'By symbol (docs/profiles.md) six of the nine entries are among the first nine here, more than for any other workload that was tried but one of kicks alone, and all nine occur. It stays a guess: rcu_note_context_switch(), ktime_get_update_offsets_now() and fput() are far down.',
  ],
  configurations: {
    designs: ['fast-mmio'],
    cpus: ['sapphire-rapids'],
    mmus: ['ept'],
    kernels: ['6.18'],
    switches: { hvTimer: false },
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.registers({ osxsave: true });
    vm.lapic();
    return { bell: vm.doorbell({ name: 'kick', width: 4 }) };
  },
  guest(cpu, { bell }) {
    // LVT timer: TSC-deadline mode, vector 0xec.
    cpu.wrmsr(0x832, 0x400ec);
    cpu.repeat(1000, () => {
      cpu.tscDeadline(20_000);
      // I/O kicks a thread more often than it needs the VMM.
      cpu.repeat(4, () => cpu.kick(bell, 1));
      cpu.out8(0x3f8, 0x41);
      cpu.pause(20_000);
    });
  },
});
