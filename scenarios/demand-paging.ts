/** A program touches memory that it has mapped and not used: every first touch is a page fault of the guest's own. */
scenario({
  title: 'Demand paging storm',
  question:
    'What does a page fault that only the guest is concerned with cost, who sees it, and what does letting it bypass KVM cost later?',
  claims: [
    'A. Kivity, bypass_guest_pf (c7addb902054, September 2007): a fault that KVM only injects back is pure overhead; on Intel the CPU can deliver it to the guest directly',
    'Same mail: AMD lacks a way to discriminate among page faults by their error code, so it gains nothing',
    'A. Kivity, "KVM: MMU: Make flooding detection work when guest page faults are bypassed" (2.6.25, recalled): what does not exit does not reset the count of writes',
  ],
  says: ['TODO'],
  configurations: {
    cpus: ['nehalem', 'zen1'],
    mmus: ['shadow'],
    kernels: ['2.6.24', '2.6.26'],
    designs: ['no-bypass', 'bypass-guest-pf', 'bypass-guest-pf-2.6.26'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), pages: 1024 };
  },
  guest(cpu, { os, pages }) {
    const program = os.process();
    os.switchTo(program);
    const touch = (at: number): void => {
      for (let page = 0; page < pages; page++) cpu.write64(at + page * 4096, 1);
    };
    const heap = os.mmap(program, { size: pages * 4096 });
    cpu.phase('first touch');
    touch(heap);
    cpu.phase('second touch');
    touch(heap);
    cpu.phase('munmap');
    os.munmap(program, { gva: heap, size: pages * 4096 });
    const again = os.mmap(program, { size: pages * 4096 });
    cpu.phase('first touch, page mapped');
    touch(again);
    cpu.phase('exit');
    os.exit(program);
  },
});
