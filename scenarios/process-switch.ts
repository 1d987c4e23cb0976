/** Processes that take turns: every switch loads CR3, after which shadow paging must have, or find, other roots. */
scenario({
  title: 'Processes that take turns',
  question: 'What does a switch of address spaces cost with one, two, four and eight processes?',
  claims: [
    'Intel SDM vol. 3C, CR3-load exiting: with EPT a guest can load CR3 without an exit; KVM lets it',
    'J. Shahid, "kvm: x86: Add fast CR3 switch code path" and cached previous roots (4.19, recalled): shadow pages of a few address spaces need not be looked up again',
  ],
  says: [
    'EPT: no exit. 86.9 cycles an access with 8 processes; the TLB misses after each switch are what is left',
    'Shadow paging: each MOV to CR3 exits, 2,514 cycles (2.6.24), 3,089 (2.6.26), 2,882 (3.14), 3,042 (7.0) on average; an access 160, 179, 179 and 208 with 8 processes',
    'One, two, four or eight makes no difference before v4.19: the roots are found in the hash. 7.0 keeps three roots beside the current one: 177 with 4 processes, 208 with 8, where it must load them again',
  ],
  configurations: {
    cpus: ['haswell'],
    mmus: ['ept', 'shadow'],
    kernels: ['2.6.24', '2.6.26', '3.14', '7.0'],
    designs: ['userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '3.14' }), pages: 16, turns: 200 };
  },
  guest(cpu, { os, pages, turns }) {
    const all = Array.from({ length: 8 }, () => {
      const process = os.process();
      os.switchTo(process);
      const heap = os.mmap(process, { size: pages * 4096 });
      const touch = (): void => {
        for (let page = 0; page < pages; page++) cpu.write64(heap + page * 4096, page);
      };
      touch();
      return { process, touch };
    });
    for (const count of [1, 2, 4, 8]) {
      cpu.phase(count === 1 ? 'one alone' : `${count} take turns`);
      for (let turn = 0; turn < turns; turn++) {
        const { process, touch } = all[turn % count]!;
        os.switchTo(process);
        touch();
      }
    }
  },
});
