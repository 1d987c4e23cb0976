/** Live migration's view: logging is switched on, each round the dirty pages are fetched and the guest writes on. */
scenario({
  title: 'Dirty logging',
  question: 'What do the first writes after each fetch of the dirty log cost, by write protection and by PML?',
  claims: [
    'kvm-semantics 10: by write protection each first write is a violation solved by the lockless fast page fault; with PML one exit every 512 pages',
  ],
  configurations: { designs: ['userspace'] },
  setup(vm) {
    vm.memslot({ slot: 0, gpa: 0, size: '64 MiB' });
    vm.map({ gva: 0, gpa: 0, size: '64 MiB' });
    return { base: 0x10_0000, pages: 2048 };
  },
  guest(cpu, { base, pages }, host) {
    for (let page = 0; page < pages; page++) cpu.write32(base + page * 4096, 1);
    host.memslot({ slot: 0, gpa: 0, size: '64 MiB', logDirty: true });
    for (let round = 0; round < 4; round++) {
      host.getDirtyLog(0);
      for (let page = 0; page < pages; page++) cpu.write32(base + page * 4096, round);
    }
  },
});
