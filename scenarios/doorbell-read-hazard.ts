/** A driver that reads its doorbell back: harmless where a device or RAM answers, a spurious kick under FAST_MMIO and under the RFC. */
scenario({
  title: 'Reading a doorbell',
  question: 'Which designs signal the eventfd when the guest reads the doorbell, and what does the guest get?',
  claims: [
    'Xiao Guangrong, August 2015: the look-up is made for reads too; nobody can promise that a guest never reads the region',
    'M. Tsirkin, August 2015: the memory of an ioeventfd is never read',
  ],
  says: [],
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
