/** A driver that reads its doorbell back: harmless where a device or RAM answers, a spurious kick under FAST_MMIO and under the RFC. */
scenario({
  title: 'Reading a doorbell',
  question: 'Which designs signal the eventfd when the guest reads the doorbell, and what does the guest get?',
  claims: [
    'Xiao Guangrong, August 2015: the look-up is made for reads too; nobody can promise that a guest never reads the region',
    'M. Tsirkin, August 2015: the memory of an ioeventfd is never read',
  ],
  says: [
    'Under FAST_MMIO (on NPT where the next RIP is stored), the RFC and the reserved entry each of the 100 reads signals the eventfd and returns nothing. Under the RFC and the reserved entry the page is read-only memory, so 99 reads more find it unreadable.',
    'With a test of the write bit or in the bad-page path a read costs 91.8 or 91.7 cycles and no exit once the page is mapped; it walks 8.06 entries because each kick has dropped the mapping. A locked add is still swallowed.',
    "A wildcard eventfd sends reads to userspace, 6,618 cycles, and breaks nothing. Nor does mainline's read-only slot: 91.7 a read, but 2,533 a kick.",
  ],
  configurations: {
    designs: [
      'wildcard',
      'fast-mmio',
      'svm-fast-mmio',
      'pio',
      'rfc-violation',
      'rfc-write-bit',
      'bad-page',
      'write-mostly',
      'ro-emulated',
    ],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.phase('first kick');
    cpu.kick(bell, 1);
    for (let i = 0; i < 100; i++) {
      cpu.phase('kick');
      cpu.kick(bell, 1);
      cpu.phase('read');
      cpu.readBell(bell);
    }
    cpu.phase('locked add');
    cpu.addBell(bell, 1);
  },
});
