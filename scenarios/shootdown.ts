/** The guest's kernel moves a page: it stores the entry, invalidates, and interrupts the vCPUs that may have the old one in their TLBs. */
scenario({
  title: 'TLB shootdown',
  question: 'What does a TLB shootdown cost the vCPU that asks for it, with and without posted interrupts?',
  claims: [
    'Linux, flush_tlb_others(): a shootdown returns when every vCPU has acknowledged, so that it takes as long as the slowest of them',
  ],
  says: [
    'Without posted interrupts two hundred shootdowns of three other vCPUs bring 600 EXTERNAL_INTERRUPT exits and 800 MSR_WRITE exits, one for each ICR write and one for each EOI.',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['sapphire-rapids'],
    mmus: ['ept'],
    kernels: ['4.15', '7.0'],
    switches: { apicv: false },
  },
  setup(vm) {
    vm.paging({ mode: '4-level', tables: 0x8_0000 });
    vm.ram({ gpa: 0, size: '1 MiB' });
    vm.lapic();
    vm.vcpus(4);
  },
  guest(cpu) {
    const [PAGE, ENTRY, ACKS, DONE] = [0x1_0000, 0x8_3000 + 8 * 0x10, 0x1000, 0x2000];
    const [SHOOTDOWN, ALL_BUT_SELF, ROUNDS] = [0xfd, 3 << 18, 200];
    const other = (vcpu: Cpu): void => {
      vcpu.onInterrupt(SHOOTDOWN, () => {
        vcpu.invlpg(PAGE);
        vcpu.add(ACKS, 1);
      });
      vcpu.read64(PAGE);
      vcpu.spinUntil(DONE, 1);
      vcpu.read64(PAGE);
    };
    cpu.write32(ACKS, 0);
    cpu.write32(DONE, 0);
    cpu.together([
      (first) => {
        first.pause(50_000);
        first.repeat(ROUNDS, () => {
          first.pause(5000);
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
