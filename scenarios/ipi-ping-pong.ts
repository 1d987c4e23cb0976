/** One vCPU interrupts another and waits for its answer, a thousand times: the other spins, computes or halts. */
scenario({
  title: 'IPI ping-pong',
  question: 'What does an interrupt from one vCPU to another cost until it is answered, by what the other one does?',
  claims: [
    'Wanpeng Li, April 2020, Skylake-SP (A2.02, A2.03): vmexit.flat ipi 4238 cycles, 3543 with the ICR write answered before the run loop is left, 3293 with re-entry from the vendor loop',
  ],
  says: [
    'A thousand rounds end at 2,460,177 cycles on 4.15 and at 2,427,725 on 6.18. Both are predictions, both lie below the published figures by more than the margin, and so does the gain: here the sender is not what a round waits for, but the other vCPU, which is still on its way into HLT when the next interrupt comes.',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['skylake-sp'],
    mmus: ['ept'],
    kernels: ['4.15', '6.18'],
    switches: { apicv: true },
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '1 MiB' });
    vm.lapic();
    vm.vcpus(2);
  },
  guest(cpu) {
    const [ANSWER, DONE, ROUNDS] = [0x1000, 0x2000, 1000];
    const IPI = 0x1_0000_0000n + 0x40n;
    cpu.write32(ANSWER, 0);
    cpu.write32(DONE, 0);
    cpu.together([
      (first) => {
        first.repeat(ROUNDS, () => {
          first.wrmsr(0x830, IPI);
          first.spinUntil(ANSWER, 1);
          first.write32(ANSWER, 0);
        });
        first.write32(DONE, 1);
        first.wrmsr(0x830, IPI);
      },
      (second) => {
        second.onInterrupt(0x40, () => second.write32(ANSWER, 1));
        second.haltUntil(DONE, 1);
      },
    ]);
  },
});
