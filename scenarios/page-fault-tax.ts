/** Ordinary page faults pay for a doorbell probe at the head of the fault handler, although no doorbell is near. */
scenario({
  title: 'The tax on ordinary page faults',
  question:
    'What does probing the doorbell bus at the head of the fault handler cost faults that have nothing to do with it?',
  claims: [
    'Xiao Guangrong, August 2015: the work of the bus look-up is added to every kind of page fault, and ordinary ones are frequent',
    'M. Tsirkin, same thread: behind fast_page_fault() everything is a slow path by design, so that is no place for a doorbell',
  ],
  says: [
    'EPT: a write that faults a page of RAM in costs 1,619 cycles in mainline. The probe at the head of the handler makes that 1,628 with an empty bus, 1,670 with 32 doorbells, 1,705 with 1,024. NPT: 2,058, then 2,065, 2,102, 2,132.',
    'Testing the write bit frees the reads (1,627), asking in the bad-page path frees all ordinary faults.',
    'The objection is right in kind and small in size: a few per cent of a fault.',
  ],
  configurations: { designs: ['fast-mmio', 'rfc-violation', 'rfc-write-bit', 'bad-page'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB' });
    return { base: 0x10_0000, pages: 512, counts: [0, 1, 32, 1024] };
  },
  guest(cpu, { base, pages, counts }, host) {
    let doorbells = 0;
    let page = 0;
    for (const count of counts) {
      for (; doorbells < count; doorbells++) {
        host.ioeventfd({ addr: 0xfd00_0000 + doorbells * 4096, length: 0, fd: `queue${doorbells}` });
      }
      // A page that shares its upper tables with the ones to come.
      cpu.phase('before');
      cpu.write32(base + page++ * 4096, 1);
      cpu.phase(`write, ${count} on the bus`);
      for (let i = 0; i < pages; i++) cpu.write32(base + page++ * 4096, 1);
      cpu.phase(`read, ${count} on the bus`);
      for (let i = 0; i < pages; i++) cpu.read32(base + page++ * 4096);
    }
  },
});
