/** A device page and a demand-paged heap under shadow paging: what the reserved bit in shadow entries is wanted for. */
scenario({
  title: 'MMIO under bypass',
  question:
    'What does an access to a device cost with bypass_guest_pf, and what without it, where the reserved bit marks MMIO instead?',
  claims: [
    'Xiao Guangrong, June 2011 (MMIO page fault series): with bypass_guest_pf the reserved bit is in every fault, MMIO and others mix; removing it is a small regression',
  ],
  says: [
    'Writes of the device: 10,490 cycles on 2.6.24 with bypass and without, 10,918 on 2.6.26: the emulator and userspace are nearly all of it, and KVM walks the guest’s tables in either case',
    'The first write costs 16,192 instead of 12,640 on 2.6.24: each new shadow table is scanned, 512 entries',
    'First touch of RAM is what bypass is for: 1,485 to 1,172 cycles an access on 2.6.24, 1,818 to 1,505 on 2.6.26',
    '3.14 marks MMIO by reserved bits: 9,073 a write, without a walk of the guest’s tables before the emulator’s. Bypass and that mark exclude each other: exitlab run refuses the design on 3.14 and later with the reason, and compare leaves such a pair out',
  ],
  configurations: {
    cpus: ['nehalem'],
    mmus: ['shadow'],
    kernels: ['2.6.24', '2.6.26', '3.14', '7.0'],
    designs: ['no-bypass', 'bypass-guest-pf-2.6.26', 'userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '32 MiB', map: false });
    const bell = vm.doorbell({ name: 'device' });
    return { bell, os: vm.kernel({ release: '2.6.24' }), kicks: 1000, pages: 256 };
  },
  guest(cpu, { bell, os, kicks, pages }) {
    const program = os.process();
    os.switchTo(program);
    const heap = os.mmap(program, { size: pages * 4096 });
    cpu.phase('first write of the device');
    cpu.kick(bell, 1);
    cpu.phase('writes of the device');
    cpu.repeat(kicks, () => cpu.kick(bell, 1));
    cpu.phase('first touch of RAM');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, page);
    cpu.phase('both, in turn');
    for (let page = 0; page < pages; page++) {
      cpu.kick(bell, page);
      cpu.read64(heap + page * 4096);
    }
  },
});
