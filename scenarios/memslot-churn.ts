/** Hotplug and ballooning change memslots while doorbells ring: what survives depends on the generation and on what is zapped. */
scenario({
  title: 'Memslot churn',
  question: 'How long does a fast doorbell survive when slots are created and deleted around it?',
  claims: [
    'kvm-semantics 7.2: CREATE leaves MMIO SPTEs installed but stale, DELETE zaps every root; a FAST_MMIO hit ignores the generation',
  ],
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }, host) {
    cpu.kick(bell, 1);
    for (let i = 0; i < 50; i++) {
      for (let n = 0; n < 10; n++) cpu.kick(bell, 1);
      host.createSlot({ slot: 7, gpa: 0x8000_0000, size: '1 MiB' });
      for (let n = 0; n < 10; n++) cpu.kick(bell, 1);
      host.deleteSlot(7);
    }
  },
});
