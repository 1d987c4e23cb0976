/** A 32-bit guest without PAE: its tables hold twice as many entries as a shadow table, so each has two shadows, four for the directory. */
scenario({
  title: '32-bit guests and bypass',
  question: 'Does bypass_guest_pf help a 32-bit guest, whose tables are shadowed in halves and quarters?',
  claims: [
    'Reading c7addb902054 (A. Kivity, September 2007): FNAME(prefetch_page) returns at once for 32-bit tables, so as posted every entry of theirs is marked trap',
    'Reading 2.6.26: FNAME(prefetch_page) takes the quadrant into account and scans leaf tables of 32-bit guests too',
  ],
  says: [
    'As posted: nothing. All 2,048 guest faults exit and are injected, 3,289 cycles each as without bypass, and trap-np counts 2,048: each was on an entry marked trap whose guest entry was not present',
    'As in 2.6.26: 2,044 go to the guest directly, 718 cycles each, 4 exit. 1,451 to 1,166 cycles an access on 2.6.26',
    'The same scan on the MMU of 2.6.24: 1,181 to 987, with 344 floods instead of 4',
  ],
  configurations: {
    cpus: ['nehalem'],
    mmus: ['shadow'],
    kernels: ['2.6.24', '2.6.26'],
    designs: ['no-bypass', 'bypass-guest-pf', 'bypass-guest-pf-2.6.26'],
  },
  setup(vm) {
    vm.paging({ mode: '2-level' });
    vm.ram({ gpa: 0, size: '32 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), pages: 1024 };
  },
  guest(cpu, { os, pages }) {
    const program = os.process();
    os.switchTo(program);
    for (const phase of ['first touch', 'first touch, page mapped']) {
      const heap = os.mmap(program, { size: pages * 4096 });
      cpu.phase(phase);
      for (let page = 0; page < pages; page++) cpu.write32(heap + page * 4096, 1);
      cpu.phase('munmap');
      os.munmap(program, { gva: heap, size: pages * 4096 });
    }
  },
});
