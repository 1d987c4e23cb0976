/** One doorbell page a queue: the bus is searched by halving, so each kick pays for log2(n) comparisons. */
scenario({
  title: 'Many doorbells',
  question: 'How does the cost of a kick grow with the number of doorbells on the bus?',
  claims: ['published-figures B0: the extra probe grows with log2 of the number of doorbells; the author measured no slowdown'],
  setup(vm) {
    vm.ram({ gpa: 0, size: '64 MiB' });
    return { bells: Array.from({ length: 1024 }, (_, i) => vm.doorbell({ name: `queue${i}`, width: 4, match: 1 })) };
  },
  guest(cpu, { bells }) {
    for (const bell of bells) cpu.kick(bell, 1);
    cpu.repeat(1000, () => {
      for (let i = 0; i < bells.length; i += 64) cpu.kick(bells[i]!, 1);
    });
  },
});
