/** The question of seeds 000 and 001: nine ways to serve the same doorbell, side by side. */
scenario({
  title: 'Virtio doorbell',
  question: 'Does a zero-length ioeventfd make an MMIO kick as cheap as a PIO kick, and what does each design break?',
  claims: [
    'FAST_MMIO, 68c3b4d1676d: on VMX an MMIO eventfd is essentially as fast as PIO (no figure was given)',
    'RFC of August 2015, M. Tsirkin: read-only pages let the TLB cache the doorbell, so MMIO becomes as fast as PIO',
    'X. Guangrong, same thread: nothing is installed, so nothing can be cached; reads kick; every page fault pays the look-up',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }) {
    cpu.kick(bell, 1);
    cpu.repeat(1_000_000, () => cpu.kick(bell, 1));
  },
});
