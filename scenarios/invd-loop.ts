/** A guest that does nothing but fastpath exits: what seed 003 measured. */
scenario({
  title: 'INVD loop',
  question:
    'How much does a guest that does nothing but fastpath exits gain from XCR0 and PKRU swapped outside the loop?',
  claims: [
    'S. Christopherson, 18 November 2025 (75c69c82f211), INVD with CR4.OSXSAVE: about 1300 to 1000 cycles on Emerald Rapids, 2000 to 1500 on Turin',
    'the same, cover letter (seed 003): a guest that literally does nothing but fastpath exits sees about 25 %',
  ],
  says: [
    'INVD, Sapphire Rapids: 1,005 cycles on 6.18, 798 with both swaps outside; Zen 4: 1,510 and 1,137. About a fifth and a quarter less, for two XSETBV an exit.',
    'PKRU makes no difference here: this guest has no protection keys. On a host with a supervisor state of its own (switch hostXss) IA32_XSS is written as often as XCR0, and the saving doubles.',
  ],
  configurations: {
    designs: ['userspace', 'xcr0-outside', 'pkru-outside', 'xcr0-pkru-outside'],
    cpus: ['sapphire-rapids', 'zen4'],
    kernels: ['6.18'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.registers({ osxsave: true });
  },
  guest(cpu) {
    cpu.repeat(1000, () => cpu.invd());
  },
});
