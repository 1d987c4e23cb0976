/** A queue, an address: the bus is searched by halving, so each kick pays for log2(n) comparisons. */
scenario({
  title: 'Many doorbells',
  question: 'How does the cost of a kick grow with the number of doorbells on the bus?',
  claims: [
    'M. Tsirkin, FAST_MMIO commit 68c3b4d1676d (2014): the look-up slows nothing else down that could be measured (no figure)',
    'Linux 6.18, kicks of a guest under a shadow-paging host (PVM) on an AMD EPYC: about 0.2 us more on a bus of 16,384 devices than on a bus of one; over 14 halvings that is about 14 ns each (derived)',
  ],
  says: [
    'From 1 to 1,024 doorbells the comparisons of a kick grow from 2 to 11.0, by one a doubling: on EPT a FAST_MMIO kick from 1,260 to 1,323 cycles, a port kick from 1,224 to 1,287. The distance between the two stays.',
    'So a look-up costs what the author could not measure: tens of cycles in more than a thousand.',
  ],
  configurations: { designs: ['fast-mmio', 'svm-fast-mmio'] },
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    const counts = [1, 16, 256, 1024];
    const base = 0xfd00_0000;
    vm.map({ gva: base, gpa: base, size: '4 MiB' });
    return { base, counts };
  },
  guest(cpu, { base, counts }, host) {
    for (const [kind, length] of [
      ['FAST_MMIO', 0],
      ['MMIO', 4],
      ['port', 4],
    ] as const) {
      const pio = kind === 'port';
      const at = (queue: number): number => (pio ? 0x1000 + queue * 4 : base + queue * 4096);
      const ring = (queue: number): void => (pio ? cpu.out32(at(queue), 1) : cpu.write32(at(queue), 1));
      let known = 0;
      for (const count of counts) {
        cpu.phase('first kicks');
        for (; known < count; known++) {
          host.ioeventfd({ addr: at(known), length, pio, fd: `${kind} queue ${known}` });
          ring(known);
        }
        for (const phase of ['second kicks', `${kind}, ${count}`]) {
          cpu.phase(phase);
          for (let queue = 0; queue < count; queue++) ring(queue);
        }
      }
      for (let queue = 0; queue < known; queue++) {
        host.ioeventfd({ addr: at(queue), length, pio, deassign: true, fd: `${kind} queue ${queue}` });
      }
    }
  },
});
