/** After a fork both processes share every page; each first write of one copies it. */
scenario({
  title: 'Copy-on-write',
  question: 'What does a copy-on-write fault cost when KVM must look at it first, and does bypass_guest_pf help it?',
  claims: [
    'A. Kivity, bypass_guest_pf (c7addb902054, September 2007): the filter looks at the present bit alone, so the trick is for not-present faults; a fault on a present page still exits',
  ],
  says: [
    'bypass_guest_pf: the 512 first touches go to the guest directly, 731 cycles instead of 3,546. The 1,024 copy-on-write faults are on present pages (P=1) and exit as before: the child writes at 2,155 without and 2,154 with it',
    'EPT (7.0): none of the 1,536 guest faults exits; 360 cycles an access against 1,643 with shadow paging of 2.6.26 and 1,237 with that of 7.0',
    'Shadow paging pays for a fork twice: after it the child’s first read of each page exits too, 4,599 and 3,818 cycles (the shadow of its tables is empty) against 79.7 with EPT',
    '7.0 emulates 1 page-table write instead of 2,053, but the guest’s INVLPG after each copy exits (3,345 thousand cycles in all); on 2.6.26 it has nothing to do, the write itself had updated the shadow',
  ],
  configurations: {
    cpus: ['nehalem'],
    mmus: ['ept', 'shadow'],
    kernels: ['2.6.26', '7.0'],
    designs: ['no-bypass', 'bypass-guest-pf-2.6.26', 'userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), pages: 512 };
  },
  guest(cpu, { os, pages }) {
    const parent = os.process();
    os.switchTo(parent);
    const heap = os.mmap(parent, { size: pages * 4096 });
    cpu.phase('first touch');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, page);
    cpu.phase('fork');
    const child = os.fork(parent);
    os.switchTo(child);
    cpu.phase('the child reads');
    for (let page = 0; page < pages; page++) cpu.read64(heap + page * 4096);
    cpu.phase('the child writes: a copy');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, 1);
    os.switchTo(parent);
    cpu.phase('the parent writes: no copy');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, 2);
  },
});
