/** The shape of a kernel build: make forks compilers that share text and headers through the page cache, work in fresh memory and exit. */
scenario({
  title: 'The shape of a kernel build',
  question: 'How much of a build goes to page faults and page tables, by the MMU that the guest runs on?',
  claims: [
    'A. Kivity, bypass_guest_pf (c7addb902054, September 2007): guest faults that exit are pure overhead; how large a part of a real load they are is not said',
    'VMware, "Performance Evaluation of Intel EPT Hardware Assist" (2009): gains of up to 48 % on benchmarks that work the MMU (recalled)',
  ],
  says: [
    'An access: EPT 364 cycles, NPT 376; shadow paging on Intel 853 (2.6.26 without bypass), 752 (with it), 744 (7.0); on AMD 869, 869 and 773. The compiling itself is 671 in all of them',
    'bypass_guest_pf takes 2,112 of 2,144 guest faults from KVM, 2,402 cycles each, and replaces them by 754: 853 to 752 an access. 32 still exit, on entries whose upper tables had been cleared. AMD: nothing',
    'Page-table writes are the larger part: 2,288 emulated ones, 12,764 thousand cycles, against 5,149 for the injected faults. 7.0 has 3,621 in 3,127 thousand, and pays in host faults instead, 7,642 thousand',
  ],
  configurations: {
    cpus: ['haswell', 'zen1'],
    mmus: ['ept', 'npt', 'shadow'],
    kernels: ['2.6.26', '7.0'],
    designs: ['no-bypass', 'userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '96 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), files: 4 };
  },
  guest(cpu, { os, files }) {
    const page = 4096;
    const read = (at: number, pages: number): void => {
      for (let i = 0; i < pages; i++) cpu.read64(at + i * page);
    };
    const write = (at: number, pages: number): void => {
      for (let i = 0; i < pages; i++) cpu.write64(at + i * page, i + 1);
    };
    const make = os.process();
    os.switchTo(make);
    const heap = os.mmap(make, { size: 128 * page });
    cpu.phase('make starts');
    write(heap, 128);
    for (let file = 0; file < files; file++) {
      cpu.phase('fork and exec');
      const compiler = os.fork(make);
      os.switchTo(compiler);
      write(heap, 4);
      os.exec(compiler);
      cpu.phase('text and headers');
      read(os.mmap(compiler, { size: 128 * page, prot: 'rx', file: 'cc1' }), 128);
      read(os.mmap(compiler, { size: 96 * page, prot: 'r', file: 'headers' }), 96);
      cpu.phase('fresh memory');
      const arena = os.mmap(compiler, { size: 256 * page });
      write(arena, 256);
      cpu.phase('compiling');
      for (let pass = 0; pass < 3; pass++) {
        for (let i = 0; i < 256; i++) {
          cpu.read64(arena + i * page);
          cpu.write64(arena + i * page + 64, i);
          cpu.pause(2000);
        }
      }
      cpu.phase('output, exit');
      const output = os.mmap(compiler, { size: 16 * page, shared: true, file: `object ${file}` });
      write(output, 16);
      os.exit(compiler);
      os.switchTo(make);
      write(heap, 4);
      if (file % 2 === 1) {
        cpu.phase('reclaim');
        os.age(make);
        os.reclaim(64);
      }
    }
  },
});
