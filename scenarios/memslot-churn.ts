/** Hotplug and ballooning change memslots while doorbells ring: what survives depends on the generation and on what is zapped. */
scenario({
  title: 'Memslot churn',
  question: 'How long does a fast doorbell survive when slots are created and deleted around it?',
  claims: [
    'FAST_MMIO is asked before the generation of the MMIO SPTE is looked at (68c3b4d1676d): a stale entry still kicks',
    'An ordinary MMIO exit after any change of the slots takes a full fault to renew its entry; a deletion zaps the whole address space',
  ],
  says: [
    'After a slot was created FAST_MMIO kicks on as before, 1,260 cycles: the stale entry still misconfigures. A wildcard kick renews its entry once, 2,595 against 2,372 otherwise.',
    'After a deletion every root is gone: 5 exits and 10,426 cycles for the next kick of any design on memory, FAST_MMIO included; 8,478 for the RFC, which needs no entry of its own. A port does not notice.',
    'Beside that, each change interrupts the vCPU: 1,532 cycles.',
  ],
  configurations: { designs: ['wildcard', 'fast-mmio', 'svm-fast-mmio', 'pio', 'rfc-violation'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4, match: 1 }) };
  },
  guest(cpu, { bell }, host) {
    cpu.phase('first kick');
    cpu.kick(bell, 1);
    for (let i = 0; i < 10; i++) {
      cpu.phase('between changes');
      for (let n = 0; n < 10; n++) cpu.kick(bell, 1);
      cpu.phase('the vCPU is interrupted');
      host.createSlot({ slot: 7, gpa: 0x8000_0000, size: '1 MiB' });
      cpu.phase('first after CREATE');
      cpu.kick(bell, 1);
      cpu.phase('between changes');
      for (let n = 0; n < 10; n++) cpu.kick(bell, 1);
      cpu.phase('the vCPU is interrupted');
      host.deleteSlot(7);
      cpu.phase('first after DELETE');
      cpu.kick(bell, 1);
    }
  },
});
