import { describe, expect, it } from 'vitest';
import { drive, type MachineDriver, memslot } from '../../test/driver/machine-driver.ts';

const MIB = 1 << 20;
const LOGGED = 0x4000_0000;
const MOVED = 0x5000_0000;
const HOLE = 0x6000_0000;
const GET = { kind: 'get-dirty-log', slot: 1 } as const;

/** RAM in slot 0, and mappings for what slot 1 will be. */
const machine = (): MachineDriver =>
  drive({ mmu: 'ept' })
    .ram(0, 4 * MIB)
    .map(LOGGED)
    .map(MOVED)
    .map(HOLE)
    .start();

/** Every exit looks at the log's index first while the CPU logs (vmx_flush_pml_buffer). */
const readsOfAnExit = (d: MachineDriver): number => {
  d.read32(HOLE);
  return d.during(() => d.read32(HOLE)).steps['hw.vmread'] ?? 0;
};

describe('the CPU logs dirty pages while any slot logs, however it came to', () => {
  it('created with the flag: after KVM_GET_DIRTY_LOG a write costs no exit', () => {
    const d = machine();
    expect(d.host(memslot(1, LOGGED, MIB, { logDirty: true }))).toBe(0);
    d.write32(LOGGED, 1);
    expect(d.host(GET)).toBe(0);
    expect(d.during(() => d.write32(LOGGED, 2)).exits).toEqual({});
    d.expectNoDivergence();
  });

  it('moved and given the flag in one call', () => {
    const d = machine();
    d.host(memslot(1, LOGGED, MIB));
    d.write32(LOGGED, 1);
    const before = readsOfAnExit(d);
    expect(d.host(memslot(1, MOVED, MIB, { logDirty: true }))).toBe(0);
    expect(readsOfAnExit(d)).toBe(before + 1);
    d.write32(MOVED, 2);
    d.host(GET);
    expect(d.during(() => d.write32(MOVED, 3)).exits).toEqual({});
    expect(d.host(memslot(1, LOGGED, MIB))).toBe(0);
    expect(readsOfAnExit(d)).toBe(before);
    d.expectNoDivergence();
  });

  it('deleted: later exits look at no log', () => {
    const d = machine();
    const before = readsOfAnExit(d);
    d.host(memslot(1, LOGGED, MIB, { logDirty: true }));
    expect(readsOfAnExit(d)).toBe(before + 1);
    expect(d.host(memslot(1, LOGGED, 0))).toBe(0);
    expect(readsOfAnExit(d)).toBe(before);
    d.expectNoDivergence();
  });
});
