/** What a new script starts as. */
export const TEMPLATE = `scenario({
  title: 'New script',
  question: 'What does one kick cost?',
  setup(vm) {
    vm.ram({ gpa: 0, size: '16 MiB' });
    return { bell: vm.doorbell({ name: 'kick', width: 4 }) };
  },
  guest(cpu, { bell }) {
    cpu.repeat(1_000, () => cpu.kick(bell, 1));
  },
});
`;
