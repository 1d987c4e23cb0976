import { describe, expect, it } from 'vitest';
import { KvmMachine } from '../../../test/driver/kvm-machine.ts';
import { CR0, CR4, EFER, REG } from '../../guest/registers.ts';
import { FetchWalk } from './fetch-walk.ts';

const PRESENT = 7;
const LARGE = 128;
const RIP = 0x40_3000;

/** Four levels at 0x1000 to 0x4000; `leaf` stands in the third, for the 2 MiB around RIP. */
function guest(leaf: number) {
  const m = new KvmMachine();
  m.slot(0, 0n, 64);
  m.regs.at[REG.CR0] = CR0.PE | CR0.PG;
  m.regs.at[REG.CR4] = CR4.PAE;
  m.regs.at[REG.EFER] = EFER.LME | EFER.LMA;
  m.regs.at[REG.CR3_LO] = 0x1000;
  const write = (gpa: number, entry: number) => m.kvm.ram.write(0, gpa, 8, new Int32Array([entry, 0]), 0);
  write(0x1000, 0x2000 | PRESENT);
  write(0x2000, 0x3000 | PRESENT);
  write(0x3000 + 2 * 8, leaf);
  const walk = new FetchWalk(m.regs, m.kvm.ram);
  return { m, write, depth: () => walk.depth(0, RIP) };
}

describe('the walk for the instruction pointer', () => {
  it.each([
    ['4 KiB pages', 0x4000 | PRESENT, 4],
    ['2 MiB pages', PRESENT | LARGE, 3],
    ['nothing mapped, which a guest cannot run from', 0, 4],
  ])('%s', (_, leaf, levels) => {
    const { depth } = guest(leaf);
    expect([depth(), depth()]).toEqual([levels, levels]);
  });

  it('is done anew when an entry on its way, CR3 or the memslots have changed', () => {
    const { m, write, depth } = guest(0x4000 | PRESENT);
    expect(depth()).toBe(4);
    write(0x3000 + 2 * 8, PRESENT | LARGE);
    expect(depth()).toBe(3);
    write(0x5000, 0x6000 | PRESENT);
    write(0x6000, PRESENT | LARGE);
    m.regs.at[REG.CR3_LO] = 0x5000;
    expect(depth()).toBe(2);
    m.slot(0, 0n, 0);
    expect(depth()).toBe(4);
  });

  it('reads nothing without paging', () => {
    const { m, depth } = guest(0);
    m.regs.at[REG.CR0] = CR0.PE;
    expect(depth()).toBe(0);
  });
});
