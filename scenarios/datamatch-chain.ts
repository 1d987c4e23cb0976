/** Many queues behind one address, told apart by the value written: KVM asks the devices one after the other. */
scenario({
  title: 'A chain of datamatch eventfds',
  question: 'What does it cost to find the eventfd of queue N when all queues share one doorbell address?',
  claims: [
    'Linux 6.18, kicks of a guest under a shadow-paging host (PVM) on an AMD EPYC: about 21 ns for each eventfd that refuses; the last of 256 took 7.1 us in all',
  ],
  says: [
    'Halving lands in the middle of the 256 eventfds and KVM steps back to the first of them, so queue 0 takes 130 comparisons and 3,254 cycles; queue 255 asks every device, 385 comparisons and 13,613 cycles, 17,017 on Zen 4.',
    'A value that no queue waits for is refused by all of them before userspace sees it: 17,532.',
  ],
  configurations: { designs: ['datamatch'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const page = 0xfd00_0000;
    for (let queue = 0; queue < 256; queue++) {
      vm.ioeventfd({ addr: page, length: 4, datamatch: queue, fd: `queue${queue}` });
    }
    vm.map({ gva: page, gpa: page, size: 4096 });
    return { page };
  },
  guest(cpu, { page }) {
    cpu.phase('first touch');
    cpu.write32(page, 0);
    for (const queue of [0, 1, 16, 64, 128, 255]) {
      cpu.phase(`queue ${queue}`);
      cpu.repeat(1000, () => cpu.write32(page, queue));
    }
    cpu.phase('no such queue');
    cpu.repeat(1000, () => cpu.write32(page, 256));
  },
});
