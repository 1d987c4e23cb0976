/** An idle guest: it arms its timer, halts, and is woken. The first of the listings in seed 003 has kvm_vcpu_halt() on top. */
scenario({
  title: 'HLT and wake',
  question:
    'What does it cost to halt until a timer fires, and which parts of KVM does an idle guest spend its time in?',
  claims: [
    'S. Christopherson, 30 October 2025 (seed 003), first listing: vmx_vmexit 15.65 %, kvm_vcpu_halt 6.78 %, __srcu_read_lock 5.15 %, kvm_load_guest_xsave_state 4.73 %',
  ],
  says: [
    'Sapphire Rapids: 8,043 cycles an access on 6.18, 8,009 on 6.19; most of it is the halt itself. What the fastpath loop saves is lost in a HLT that blocks.',
    'Zen 4: 8,115 and 8,053.',
  ],
  configurations: { designs: ['userspace'], cpus: ['sapphire-rapids', 'zen4'], kernels: ['6.18', '6.19'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.registers({ osxsave: true });
    vm.lapic();
  },
  guest(cpu) {
    cpu.wrmsr(0x832, 0x400ec);
    cpu.repeat(1000, () => {
      cpu.tscDeadline(20_000);
      cpu.hlt();
    });
  },
});
