/** Rights changed to and fro: the same entries of a shadowed table are written again and again, with and without anybody using them. */
scenario({
  title: 'Page-table write flood',
  question:
    'When a guest writes a shadowed page table over and over, when does KVM give the shadow up, and what does that spare or cost?',
  claims: [
    'drivers/kvm/mmu.c of 2.6.24, kvm_mmu_pte_write(): a table written three times in a row without a fault between is taken for flooded, and its shadow is zapped',
    'M. Tosatti, 4731d4c7a077 "out of sync shadow core" (2.6.28, recalled): a leaf table may stay writable until the guest invalidates, so that such writes need no exits',
  ],
  says: [
    '2.6.24 and 2.6.26: the third write in a row gives the table up, 7 floods; of 128 writes a round only a few exit (148 and 150 are emulated in all). The next use pays: every read of the rights’ change exits, 1,742 and 2,441 cycles each, because the shadow is made again entry by entry',
    '3.14 and 7.0: 1 write is emulated, the leaf table is unsync after it, nothing is given up. The flush (MOV to CR3, 6,226 and 6,430 cycles) compares and mends the entries; the reads after it do not exit, 24.1 cycles',
    'Nobody between: changing the rights costs 21.7 cycles an access on 2.6.24, where no shadow is left, against 33.8 on 3.14, where each flush synchronises. Used between: 52.0 against 33.5, and the reads decide, 434 against 189 an access in all',
  ],
  configurations: {
    cpus: ['haswell'],
    mmus: ['shadow'],
    kernels: ['2.6.24', '2.6.26', '3.14', '7.0'],
    designs: ['userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), pages: 128, rounds: 6 };
  },
  guest(cpu, { os, pages, rounds }) {
    const program = os.process();
    os.switchTo(program);
    const heap = os.mmap(program, { size: pages * 4096 });
    const touch = (): void => {
      for (let page = 0; page < pages; page++) cpu.read64(heap + page * 4096);
    };
    cpu.phase('first touch');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, 1);
    for (let round = 0; round < rounds; round++) {
      const prot = round % 2 === 0 ? 'r' : 'rw';
      cpu.phase('mprotect, used between');
      os.mprotect(program, { gva: heap, size: pages * 4096, prot });
      cpu.phase('reads between');
      touch();
    }
    cpu.phase('mprotect, unused');
    for (let round = 0; round < rounds; round++) {
      const prot = round % 2 === 0 ? 'r' : 'rw';
      os.mprotect(program, { gva: heap, size: pages * 4096, prot });
    }
    cpu.phase('reads after');
    touch();
  },
});
