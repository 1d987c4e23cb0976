/** Rights changed to and fro: the same entries of a shadowed table are written again and again, with and without anybody using them. */
scenario({
  title: 'Page-table write flood',
  question:
    'When a guest writes a shadowed page table over and over, when does KVM give the shadow up, and what does that spare or cost?',
  claims: [
    'drivers/kvm/mmu.c of 2.6.24, kvm_mmu_pte_write(): a table written three times in a row without a fault between is taken for flooded, and its shadow is zapped',
    'M. Tosatti, 4731d4c7a077 "out of sync shadow core" (2.6.28, recalled): a leaf table may stay writable until the guest invalidates, so that such writes need no exits',
  ],
  says: ['TODO'],
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
