/** Ordinary page faults pay for a doorbell probe at the head of the violation handler, although no doorbell is near. */
scenario({
  title: 'The tax on ordinary page faults',
  question: 'What does probing the doorbell bus at the head of the fault handler cost faults that have nothing to do with it?',
  claims: [
    'X. Guangrong, August 2015: the workload of the bus write is added to all kinds of page fault, and normal faults are far more frequent',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB' });
    for (let i = 0; i < 32; i++) vm.ioeventfd({ addr: 0xfd00_0000 + i * 4096, length: 0, fd: `queue${i}` });
    return { base: 0x10_0000, pages: 8192 };
  },
  guest(cpu, { base, pages }) {
    for (let page = 0; page < pages; page++) cpu.write32(base + page * 4096, page);
  },
});
