/** A virtio device comes up: its ioeventfds are assigned one after the other, then its memory is mapped, while the guest runs. */
scenario({
  title: 'Device bring-up',
  question: 'What does a memslot change cost the VMM when it follows the assignment of ioeventfds?',
  claims: [
    'Measured on kernel 6.18: a memslot created right after an assign takes 7.6 to 11.8 ms, a deassign 4 to 8 ms; 200 ms later 13 to 35 us and 30 to 90 us',
    'From 6.18 on a registration on a bus frees the old array by call_srcu(); the next expedited wait has to sit out the normal grace period that this began',
  ],
  says: [
    'From 6.18 on the VMM waits 46,384,579 cycles, two normal grace periods: one when the memslot is created behind four assigns, one when an eventfd is taken away right after it was assigned. On 4.15, where each assign waits for its own expedited grace period, it waits 1,037 cycles for a vCPU that is out of the guest, beside what those cost.',
    'The vCPUs notice nothing of it.',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['sapphire-rapids'],
    mmus: ['ept'],
    kernels: ['4.15', '6.18', '7.0'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '1 MiB' });
    vm.vcpus(2);
  },
  guest(cpu, _context, host) {
    const assign = (n: number, deassign = false): number =>
      host.ioeventfd({ addr: 0xfe00_0000 + 4096 * n, length: 4, fd: `queue ${n}`, deassign });
    const busy = (vcpu: Cpu): void =>
      vcpu.repeat(20, () => {
        vcpu.pause(2000);
        vcpu.cpuid();
      });
    cpu.together([busy, busy], () => {
      for (let n = 0; n < 4; n++) assign(n);
      host.createSlot({ slot: 5, gpa: 0x8000_0000, size: '1 MiB' });
      host.deleteSlot(5);
      assign(4);
      assign(4, true);
    });
  },
});
