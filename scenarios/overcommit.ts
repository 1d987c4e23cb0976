/** TLB shootdowns in a guest whose vCPUs share CPUs of the host: the vCPU that must acknowledge may not run just then. */
scenario({
  title: 'TLB shootdown under overcommitment',
  question: 'What does a TLB shootdown cost when the vCPUs that must acknowledge it share CPUs of the host?',
  claims: [
    'Wanpeng Li, 12 December 2017 (KVM: X86: Add Paravirt TLB Shootdown, v8): a remote flush waits busily, which is fine on bare metal, but in a guest a vCPU may have been preempted, and the one that asked waits for a long time',
  ],
  says: [
    'Twenty shootdowns, with some work before each, are over at 2,056,095 cycles when each of the four vCPUs has a CPU, at 341,324,341 on two CPUs and at 682,636,197 on one: each waits for whole slices of vCPUs that do not run, and the vCPU that asked spins its own slice away.',
    'No kick is sent to a vCPU that does not run: its interrupt goes in with its next entry. Not modelled is what was made against this: pause-loop exits, paravirtual locks and flushes.',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['sapphire-rapids'],
    mmus: ['ept'],
    hostCpus: [0, 2, 1],
  },
  setup(vm) {
    vm.paging({ mode: '4-level', tables: 0x8_0000 });
    vm.ram({ gpa: 0, size: '1 MiB' });
    vm.lapic();
    vm.vcpus(4);
  },
  guest(cpu) {
    const [PAGE, ENTRY, ACKS, READY, DONE] = [0x1_0000, 0x8_3000 + 8 * 0x10, 0x1000, 0x1004, 0x2000];
    const [SHOOTDOWN, ALL_BUT_SELF, ROUNDS] = [0xfd, 3 << 18, 20];
    const other = (vcpu: Cpu): void => {
      vcpu.onInterrupt(SHOOTDOWN, () => {
        vcpu.invlpg(PAGE);
        vcpu.add(ACKS, 1);
      });
      vcpu.read64(PAGE);
      vcpu.add(READY, 1);
      vcpu.spinUntil(DONE, 1);
      vcpu.read64(PAGE);
    };
    cpu.write32(ACKS, 0);
    cpu.write32(READY, 0);
    cpu.write32(DONE, 0);
    cpu.together([
      (first) => {
        first.spinUntil(READY, 3);
        first.repeat(ROUNDS, () => {
          first.pause(100_000);
          first.write64(ENTRY, 0x2_0067);
          first.invlpg(PAGE);
          first.wrmsr(0x830, SHOOTDOWN | ALL_BUT_SELF);
          first.spinUntil(ACKS, 3);
          first.write32(ACKS, 0);
        });
        first.write32(DONE, 1);
      },
      other,
      other,
      other,
    ]);
  },
});
