/** One program with the faults, edits and misses of ordinary work, on every MMU. */
scenario({
  title: 'EPT against shadow paging',
  question:
    'What does the same program cost with EPT, with NPT and with shadow paging of today and of 2008, and where does shadow paging win?',
  claims: [
    'VMware, "Performance Evaluation of Intel EPT Hardware Assist" (2009): large gains where page tables are edited, losses where TLB misses dominate and the tables stand still (recalled)',
    'R. Bhargava et al., ASPLOS 2008: a miss with nested paging takes up to 24 loads instead of 4',
  ],
  says: [
    'In all, an access: EPT 221 cycles, shadow paging 574 (2.6.26) and 499 (7.0); NPT 243, shadow paging 677 and 535',
    'Shadow paging wins one phase, TLB misses while the tables stand still: 24.0 and 23.7 cycles against 27.8 with EPT, 27.5 and 26.3 against 32.7 with NPT. A walk needs about 1 load instead of 1.96. The tables are in the cache here; the colder they are, the more it wins',
    'Everything that edits tables loses: first touch 1,084 and 985 against 435, switch and copy 1,541 and 1,026 against 374',
    '2.6.26 on Intel is cheaper than on AMD at first touch (1,084 and 1,323): 2,048 of the guest’s faults bypass KVM',
  ],
  configurations: {
    cpus: ['haswell', 'zen1'],
    mmus: ['ept', 'npt', 'shadow'],
    kernels: ['2.6.26', '7.0'],
    designs: ['userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '3.14' }), pages: 2048 };
  },
  guest(cpu, { os, pages }) {
    const program = os.process();
    os.switchTo(program);
    const heap = os.mmap(program, { size: pages * 4096 });
    cpu.phase('first touch');
    for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, page);
    cpu.phase('TLB misses, tables at rest');
    for (let i = 0; i < 4 * pages; i++) cpu.read64(heap + ((i * 1237) % pages) * 4096);
    cpu.phase('fork');
    const child = os.fork(program);
    cpu.phase('switch and copy');
    os.switchTo(child);
    for (let page = 0; page < 256; page++) cpu.write64(heap + page * 4096, 1);
    cpu.phase('exit');
    os.exit(child);
    os.switchTo(program);
    cpu.phase('munmap');
    os.munmap(program, { gva: heap, size: pages * 4096 });
  },
});
