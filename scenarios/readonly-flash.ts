/** OVMF-like flash in a read-only slot: nearly all accesses are reads, which never exit; each write is a full exit to the VMM. */
scenario({
  title: 'Read-only flash',
  question:
    'What do reads and writes of a read-only slot cost, and what do the doorbell designs that live on such slots do to them?',
  claims: [
    'Xiao Guangrong, August 2015: the RFC passes by the handling of read-only slots',
    'Same mail, second alternative: give read-only regions that are mostly written a reserved entry instead of a read-only one',
  ],
  says: [
    'Mapped once, a read never exits: 6.78 cycles. Each write is a violation, the emulator and a trip to userspace: 6,413.',
    "The RFC's probe is paid by first reads (1,801 for 1,784) and writes (6,428) that concern no doorbell; with the write bit tested, by writes alone.",
    'A reserved entry turns each read into an exit and an emulation: 2,232 cycles.',
  ],
  configurations: { designs: ['ro-emulated', 'rfc-violation', 'rfc-write-bit', 'bad-page', 'write-mostly'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const flash = 0xffc0_0000;
    vm.ram({ gpa: flash, size: '256 KiB', readonly: true });
    vm.doorbell({ name: 'kick', width: 4 });
    return { flash };
  },
  guest(cpu, { flash }) {
    cpu.phase('first read of a page');
    for (let page = 0; page < 64; page++) cpu.read32(flash + page * 4096);
    for (let i = 0; i < 20; i++) {
      cpu.phase('read');
      for (let at = 0; at < 32; at++) cpu.read32(flash + at * 64);
      cpu.phase('write');
      cpu.write8(flash + 0x5aa, 0xaa);
    }
  },
});
