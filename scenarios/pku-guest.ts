/** The guest that seed 003 is about: protection keys on, so that its XCR0 is the host's, and a PKRU of its own. */
scenario({
  title: 'Guest with protection keys',
  question:
    'Does a guest that uses protection keys still pay for XCR0, and what does its PKRU cost in the fastpath loop?',
  claims: [
    'S. Christopherson, 18 November 2025 (7649412af3ea), INVD with CR4.PKE and a PKRU of its own: about 810 to 770 cycles on Emerald Rapids, 1560 to 1500 on Turin',
    'the same (seed 003): exposing PKU makes guest XCR0 equal to the host’s, which removes the XSETBV',
  ],
  says: [
    "XCR0 is the host's, so nothing writes it: with XCR0 alone moved outside, Sapphire Rapids stays at 845 cycles of 846. Moving PKRU as well gives 798.",
    'Zen 4: 1,211 cycles on 6.18, 1,137 with both outside.',
  ],
  configurations: {
    designs: ['userspace', 'xcr0-outside', 'pkru-outside', 'xcr0-pkru-outside'],
    cpus: ['sapphire-rapids', 'zen4'],
    kernels: ['6.18'],
  },
  setup(vm) {
    vm.ram({ gpa: 0, size: '2 MiB' });
    vm.registers({ osxsave: true, xcr0: 'host', pke: true, pkru: 0 });
  },
  guest(cpu) {
    cpu.repeat(1000, () => cpu.invd());
  },
});
