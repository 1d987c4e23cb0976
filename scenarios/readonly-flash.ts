/** OVMF-like flash in a read-only slot: nearly all accesses are reads, which never exit; each write is a full exit. */
scenario({
  title: 'Read-only flash',
  question: 'What do reads and writes of a read-only slot cost, and what does a design that touches the fault path do to them?',
  claims: [
    'kvm-semantics 7.3: reads are mapped once and stay RAM; every write costs a violation, a fast-page-fault walk and emulation',
    'X. Guangrong, August 2015: the RFC completely bypasses the handling of read-only memslots',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const flash = 0xffc0_0000;
    vm.ram({ gpa: flash, size: '256 KiB', readonly: true });
    return { flash };
  },
  guest(cpu, { flash }) {
    for (let page = 0; page < 64; page++) cpu.read32(flash + page * 4096);
    cpu.repeat(1000, () => {
      for (let i = 0; i < 32; i++) cpu.read32(flash + i * 64);
      cpu.write8(flash + 0x5aa, 0xaa);
    });
  },
});
