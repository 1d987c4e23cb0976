import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../test/driver/kvm-machine.ts';
import { OP } from '../guest/instruction.ts';

/** Vectors 87 to 95 of the project's list of KVM vectors on the vendor's own port exits. */
describe.each(['ept', 'npt'] as const)('ports on %s', (mmu) => {
  it('87, 88: an OUT of the right width is a fast kick, another width goes to userspace', () => {
    const m = new KvmMachine({ mmu });
    const bell = m.eventfd(0x500n, 1, { pio: true });
    expect(m.run(OP.OUT, 0x500n, 1, 0x42n)).toBe('done');
    expect(m.signals(bell)).toBe(1);
    expect(m.took('kvm_fast_pio')).toBe(1);
    expect(m.took('x86_decode_insn')).toBe(0);
    expect(m.exits).toEqual([]);
    m.run(OP.OUT, 0x500n, 2, 0x4342n);
    expect(m.exits).toMatchObject([{ kind: 'out', address: 0x500, size: 2, data: 0x4342 }]);
  });

  it('89: an IN of an ioeventfd port reads from userspace', () => {
    const m = new KvmMachine({ mmu });
    const bell = m.eventfd(0x500n, 1, { pio: true });
    m.answer = 0x9a;
    m.run(OP.IN, 0x500n, 1, 0n);
    expect(m.exits).toMatchObject([{ kind: 'in', address: 0x500, size: 1 }]);
    expect(m.insn.result[0]! & 0xff).toBe(0x9a);
    expect(m.insn.resultWritten).toBe(1);
    expect(m.signals(bell)).toBe(0);
  });

  it('94: RIP is on an OUT that leaves for userspace, and behind it for port 0x7e', () => {
    const m = new KvmMachine({ mmu });
    m.run(OP.OUT, 0x501n, 1, 1n);
    m.run(OP.OUT, 0x7en, 1, 1n);
    expect(m.exits.map(({ address, ripPast }) => [address, ripPast])).toEqual([
      [0x501, 0],
      [0x7e, 1],
    ]);
  });

  it('95: nothing is skipped when userspace moved RIP', () => {
    const m = new KvmMachine({ mmu });
    m.movesRip = true;
    m.run(OP.OUT, 0x501n, 1, 1n);
    expect(m.took('skip_emulated_instruction')).toBe(0);
    m.run(OP.OUT, 0x501n, 1, 1n);
    expect(m.took('skip_emulated_instruction')).toBe(1);
  });

  it('91: a string OUT signals once for each element', () => {
    const m = new KvmMachine({ mmu });
    m.slot(0, 0n, 16);
    const bell = m.eventfd(0x500n, 1, { pio: true });
    m.run(OP.OUTS, 0x1000n, 1, 0n, (insn) => {
      insn.port = 0x500;
      insn.count = 5;
    });
    expect(m.signals(bell)).toBe(5);
    expect(m.exits).toEqual([]);
  });
});
