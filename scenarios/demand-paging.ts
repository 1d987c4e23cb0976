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
  says: [
    'Intel: without bypass 2,048 guest faults exit and are injected, 3,549 cycles each on 2.6.24. With it no first touch of the first pass exits, and 1 of the second: 2,047 go to the guest directly, 718 cycles each. The 1 is the first touch after the munmap, which left the program without a page, so that Linux cleared its entry in the top table; a written upper entry is marked trap, never notrap, and trap-np counts the exit. With another page mapped none exits',
    'AMD: no difference. The same 2,048 faults exit and are injected, whatever the design: svm calls kvm_mmu_set_nonpresent_ptes(0, 0). The scan of new shadow pages takes place all the same, +0.439 cycles an access',
    'What it costs later, on the table: a fault that does not exit does not set the count of writes back. Where the pages are mapped already (first touch, page mapped) every third page-table write is taken for a flood: floods 6 to 346 on 2.6.24, host faults 3,115 to 3,455, 343 tables shadowed again. Host faults grow from 3,453 to 5,091 thousand cycles, injected ones fall from 7,268 to 3, direct ones cost 1,470',
    '2.6.26 counts by the accessed bits of what was mapped: 6 floods with bypass as without, and the second pass falls from 1,396 to 1,083 cycles an access; on 2.6.24 it falls from 1,162 to 1,048 only',
    'In all, an access: Intel 2.6.24 1,055 cycles without, 885 with; 2.6.26 1,273 and 1,028; AMD 815 and 941 in either case. The write that maps the page (pte-wr, 2,074 to 2,077 of them) costs more than the guest’s fault, and bypass does not spare it',
  ],
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
