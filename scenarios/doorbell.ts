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
  says: [
    'Kicks, Sapphire Rapids with EPT: FAST_MMIO 1,260 cycles, a port 1,224, an eventfd behind the emulator 2,357, userspace 6,229. The claim of the commit holds.',
    "The RFC comes to 1,305, with or without a test of the write bit, its review's bad-page path to 1,410, a reserved entry to the 1,260 of FAST_MMIO. The TLB helps none of them: every violation drops what was cached for the address, so the RFC walks longer than FAST_MMIO.",
    "Kicks, Zen 4 with NPT: 1,704 when the CPU stores the next RIP at a nested page fault; when it does not, FAST_MMIO is never reached and a kick costs the emulator's 2,351; a port 1,645.",
    'What breaks the guest: FAST_MMIO takes a read for a kick and swallows a locked add. The RFC and the reserved entry do too, and their page can never be read. Testing the write bit, or asking in the bad-page path, leaves the locked add. Only ports and the emulated designs break nothing.',
  ],
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
