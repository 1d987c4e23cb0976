/** Sixteen vCPUs touch memory for the first time, and the VMM takes it away again: all of them want mmu_lock. */
scenario({
  title: 'mmu_lock stress',
  question:
    'How much of the time of vCPUs that fault all the time goes into waiting for mmu_lock, and under which symbol?',
  claims: [
    'S. Christopherson, 30 October 2025 (seed 003): a host whose guest runs mmu_stress_test spends 45.5 % in queued_spin_lock_slowpath and 2.8 % in queued_write_lock_slowpath',
  ],
  says: [
    'With EPT and a spinlock (4.15) sixteen vCPUs spin for 25 % of their time; since mmu_lock is an rwlock that faults take for reading (7.0) they wait for the VMM alone, 5 %.',
    'With shadow paging every fault takes the lock for writing: 59 % of the time. On 7.0 most of that is the queue for the rwlock, 53 % in queued_spin_lock_slowpath; only the first in the queue spins in queued_write_lock_slowpath. These are the two symbols of the published profile, in its order (docs/profiles.md).',
    'Not modelled: the cache line of the lock moving between CPUs. No vCPU loses its CPU while it holds the lock, also where they share CPUs (--host-cpus).',
  ],
  configurations: {
    designs: ['userspace'],
    cpus: ['sapphire-rapids'],
    mmus: ['ept', 'shadow'],
    kernels: ['4.15', '7.0'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '32 MiB' });
    // KVM's selftests set CR4.OSXSAVE and an XCR0 of their own.
    vm.registers({ osxsave: true });
    vm.vcpus(16);
  },
  guest(cpu, _context, host) {
    const programs = Array.from({ length: 16 }, (_, id) => (vcpu: Cpu) => {
      for (let page = 0; page < 128; page++) vcpu.write64(0x10_0000 * (id + 1) + 4096 * page, 1);
    });
    cpu.together(programs, () => {
      for (let n = 0; n < 8; n++) {
        cpu.pause(50_000);
        host.reclaim({ gpa: 0x10_0000 * (n + 1), size: '512 KiB' });
      }
    });
  },
});
