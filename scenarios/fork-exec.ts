/** A shell's day: fork, exec in the child, a short program, exit. Nearly all of it is page tables being written. */
scenario({
  title: 'Fork and exec',
  question:
    'What does starting a short program cost a guest whose page tables are shadowed, and what one that has its own?',
  claims: [
    'K. Adams and O. Agesen, ASPLOS 2006: page faults, context switches and page-table writes are where a virtual MMU costs; a loop of fork and wait is the benchmark that shows it (recalled)',
    'VMware, "Performance Evaluation of Intel EPT Hardware Assist" (2009): gains of up to 48 % on benchmarks that work the MMU, up to 600 % on small ones made for it (recalled)',
  ],
  says: [
    'An access: EPT 297 cycles, NPT 308. Shadow paging on Intel 817 (2.6.24), 995 (2.6.26), 1,791 (7.0); on AMD 898, 1,146, 1,810',
    '2.6.24 and 2.6.26 pay per page-table write, 697 and 698 emulated at 4,459 and 6,105 cycles, and give 49 tables up as flooded, which makes the rest of fork and exit cheap',
    '7.0 is dearest here: the frame of a dead process’s top table is cleared for the next one while it is still a cached root. Such a table does not count as released, so the emulator carries REP STOS out, store by store: 9,781 emulated writes, 89,481 cycles an instruction that has them, 7,377 an access of fork',
    'That hangs on the guest kernel’s free list, which hands out the frame freed last',
  ],
  configurations: {
    cpus: ['haswell', 'zen1'],
    mmus: ['ept', 'npt', 'shadow'],
    kernels: ['2.6.24', '2.6.26', '7.0'],
    designs: ['userspace'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB', map: false });
    return { os: vm.kernel({ release: '2.6.24' }), rounds: 10 };
  },
  guest(cpu, { os, rounds }) {
    const page = 4096;
    const load = (program: Process): void => {
      const text = os.mmap(program, { size: 32 * page, prot: 'rx', file: 'sh' });
      const data = os.mmap(program, { size: 16 * page });
      for (let i = 0; i < 32; i++) cpu.read64(text + i * page);
      for (let i = 0; i < 16; i++) cpu.write64(data + i * page, i);
    };
    const shell = os.process();
    os.switchTo(shell);
    cpu.phase('the shell starts');
    load(shell);
    for (let round = 0; round < rounds; round++) {
      cpu.phase('fork');
      const child = os.fork(shell);
      os.switchTo(child);
      cpu.phase('exec');
      os.exec(child);
      cpu.phase('the program runs');
      load(child);
      cpu.phase('exit');
      os.exit(child);
      os.switchTo(shell);
    }
  },
});
