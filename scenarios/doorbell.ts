/** The question of the FAST_MMIO commit and of the read-only-page RFC: every way to serve the same doorbell, side by side. */
scenario({
  title: 'Virtio doorbell',
  question: 'Does a zero-length ioeventfd make an MMIO kick as cheap as a PIO kick, and what does each design break?',
  claims: [
    'M. Tsirkin, FAST_MMIO commit 68c3b4d1676d (2014): on VMX, MMIO with a zero-length eventfd now costs about what a port costs (no figure)',
    'M. Tsirkin, RFC of August 2015: on a read-only page the TLB would hold the doorbell, and MMIO would become as fast as a port',
    'Xiao Guangrong, same thread: nothing is ever installed for the page, so nothing can be cached; reads kick as well; every page fault ' +
      'pays for the look-up. Has anybody numbers?',
  ],
  says: [],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.repeat(1_000_000, () => cpu.kick(bell, 1));
    // What a driver should not do, but may: read the doorbell back, twice, and a locked add to it.
    cpu.readBell(bell);
    cpu.readBell(bell);
    cpu.addBell(bell, 1);
  },
});
