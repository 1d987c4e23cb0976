/** After a fork both processes share every page; each first write of one copies it. */
scenario({
  title: 'Copy-on-write',
  question: 'What does a copy-on-write fault cost when KVM must look at it first, and does bypass_guest_pf help it?',
  claims: [
    'A. Kivity, bypass_guest_pf (c7addb902054, September 2007): the filter looks at the present bit alone, so the trick is for not-present faults; a fault on a present page still exits',
  ],
  says: ['TODO'],
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
