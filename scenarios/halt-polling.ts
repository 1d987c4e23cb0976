/** Two vCPUs that wake each other, as two ends of a pipe do: each halts until the other has answered, and is woken while KVM still polls. */
scenario({
  title: 'Woken while polling',
  question:
    'Where does the host spend its time while two idle vCPUs hand work to each other, and KVM polls before it lets them sleep?',
  claims: [
    'S. Christopherson, 30 October 2025 (seed 003), first listing: vmx_vmexit 15.65 %, kvm_vcpu_halt 6.78 %, __srcu_read_lock 5.15 %, kvm_load_guest_xsave_state 4.73 %, __srcu_read_unlock 4.69 %, read_tsc 4.65 %, vmx_sync_pir_to_irr 4.44 %, kvm_apic_has_interrupt 4.03 %',
  ],
  says: [
    'A thousand rounds end at 5,575,046 cycles on 6.18 and at 5,367,650 on 6.19. 23 % of the time of each vCPU is spent polling, and after the first halt nobody sleeps: the answer always comes before KVM gives up.',
    'By symbol (docs/profiles.md) the two largest entries of the seed are the two largest here, and all eight are among the first twelve: this is what such a listing is of.',
  ],
  configurations: { designs: ['userspace'], cpus: ['sapphire-rapids'], mmus: ['ept'], kernels: ['6.18', '6.19'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '1 MiB' });
    vm.registers({ osxsave: true });
    vm.lapic();
    vm.vcpus(2);
  },
  guest(cpu) {
    const [PING, PONG, ROUNDS] = [0x1000, 0x2000, 1000];
    // What a guest's kernel does with a wake-up: schedule() out of the idle loop and two system calls, at the model's prices.
    const WORK = 1000;
    const [TO_FIRST, TO_SECOND] = [0x40n, 0x1_0000_0000n + 0x40n];
    cpu.write32(PING, 0);
    cpu.write32(PONG, 0);
    cpu.together([
      (first) => {
        first.repeat(ROUNDS, () => {
          first.write32(PING, 1);
          first.wrmsr(0x830, TO_SECOND);
          first.haltUntil(PONG, 1);
          first.write32(PONG, 0);
          first.pause(WORK);
        });
      },
      (second) => {
        second.repeat(ROUNDS, () => {
          second.haltUntil(PING, 1);
          second.write32(PING, 0);
          second.pause(WORK);
          second.write32(PONG, 1);
          second.wrmsr(0x830, TO_FIRST);
        });
      },
    ]);
  },
});
