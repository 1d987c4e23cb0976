/** Live migration's view: logging is switched on, then each round the dirty log is fetched and the guest writes on. */
scenario({
  title: 'Dirty logging',
  question:
    'What does the first write of a page after each fetch of the dirty log cost, by write protection and by PML?',
  claims: [
    'Intel SDM vol. 3C, page-modification logging: the CPU itself writes the address of each page it makes dirty to a log of 512 entries; a full log exits',
    'Without it KVM takes away W, and each first write is a violation that fast_page_fault() repairs without mmu_lock or emulation',
  ],
  says: [
    'By write protection every first write after a fetch is an exit: 2,052 cycles on Sandy Bridge (no EPT dirty bits), 1,659 on Zen 4. A second write costs 31.0 and 8.66.',
    'With PML on Sapphire Rapids it is 109 cycles: the walker sets a dirty bit and appends to the log, with 0.002 exits an access, because only a full log exits.',
  ],
  configurations: { cpus: ['sandy-bridge', 'sapphire-rapids', 'zen4'], designs: ['userspace'] },
  setup(vm) {
    vm.memslot({ slot: 0, gpa: 0, size: '16 MiB' });
    vm.map({ gva: 0, gpa: 0, size: '16 MiB' });
    return { base: 0x10_0000, pages: 2048 };
  },
  guest(cpu, { base, pages }, host) {
    const sweep = (value: number): void => {
      for (let page = 0; page < pages; page++) cpu.write32(base + page * 4096, value);
    };
    cpu.phase('first touch, no logging');
    sweep(1);
    cpu.phase('no logging');
    sweep(2);
    host.memslot({ slot: 0, gpa: 0, size: '16 MiB', logDirty: true });
    for (let round = 0; round < 4; round++) {
      cpu.phase(round === 0 ? 'first write, logging on' : 'first write after a fetch');
      sweep(3 + round);
      cpu.phase('second write');
      sweep(3 + round);
      host.getDirtyLog(0);
    }
  },
});
