/** A driver that reads its doorbell back: harmless on a device that answers, a spurious kick under FAST_MMIO and under the RFC. */
scenario({
  title: 'Reading a doorbell',
  question: 'Which designs signal the eventfd when the guest reads the doorbell, and what does the guest get?',
  claims: [
    'X. Guangrong, August 2015: you always write the bus even if it is a read access; the region cannot be assumed never to be read',
    'M. Tsirkin, August 2015: ioeventfd memory is never read',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.repeat(1000, () => {
      cpu.kick(bell, 1);
      cpu.readBell(bell);
    });
    cpu.addBell(bell, 1);
  },
});
