import { describe, expect, it } from 'vitest';
import { LAZY_XCR0, STATIC_OPS } from '../cost/epochs.ts';
import { hypercallExit } from '../cost/exit-frame.ts';
import { pciTestdev2013 } from '../cost/models/pci-testdev-2013.ts';
import { nehalem } from '../cost/models/nehalem.ts';
import { PathTable } from '../cost/paths.ts';
import { priceOfSteps, priceVector } from '../cost/price-vector.ts';
import { nameSteps, percentile, priceResult } from './pricing.ts';
import type { PricedResult } from './pricing.ts';
import type { PathResult } from './result.ts';

const price = (paths: readonly PathResult[], model = pciTestdev2013): PricedResult => {
  const priced = priceResult(paths, model);
  if (!priced.ok) throw new Error(priced.error);
  return priced.value;
};

/** Two different exits, as lists of steps. */
const older = hypercallExit(LAZY_XCR0('intel').frame, false);
const newer = hypercallExit(STATIC_OPS('intel').frame, true);
const rows = nameSteps([
  { steps: older, count: 3 },
  { steps: newer, count: 1 },
]);

describe('pricing a result', () => {
  it('costs what its paths cost, and its stages, steps and paths sum to the same', () => {
    const priced = price(rows);
    expect(priced.accesses).toBe(4);
    const { prices } = pciTestdev2013;
    expect(priced.total.value).toBe(3 * priceOfSteps(older, prices) + priceOfSteps(newer, prices));
    expect(priced.perAccess.value).toBe(priced.total.value / 4);
    const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0);
    expect(sum(priced.stages.map(({ cycles }) => cycles.value))).toBe(priced.total.value);
    expect(sum(priced.steps.map(({ cycles }) => cycles.value))).toBe(priced.total.value);
    expect(sum(priced.paths.map(({ path, cycles }) => cycles.value * path.count))).toBe(priced.total.value);
    expect(sum(priced.stages.map(({ share }) => share))).toBeCloseTo(1, 12);
    expect(sum(Object.values(priced.provenance))).toBeCloseTo(1, 12);
  });

  it('equals the clock of the ledger that counted the paths', () => {
    const table = new PathTable(priceVector(pciTestdev2013));
    for (const flow of [older, newer, older]) {
      for (const { step, times } of flow) table.addN(step, times);
      table.end();
    }
    expect(price(nameSteps(table.rows())).total.value).toBe(table.clock);
  });

  it('bounds the best value from both sides and follows the model', () => {
    const { total } = price(rows);
    expect(total.low).toBeLessThan(total.value);
    expect(total.high).toBeGreaterThan(total.value);
    expect(price(rows, nehalem).total.value).not.toBe(total.value);
  });

  it('ranks steps by cost', () => {
    const costs = price(rows).steps.map(({ cycles }) => cycles.value);
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
  });

  it('says how much of a sum was read: a load at a known latency is, an exit is not', () => {
    expect(price([{ steps: [['walk.guest_l1', 24]], count: 5 }]).provenance).toEqual({
      read: 1,
      derived: 0,
      estimated: 0,
    });
    expect(price([{ steps: [['hw.vmexit', 1]], count: 5 }]).provenance).toEqual({ read: 0, derived: 0, estimated: 1 });
  });

  it('gives percentiles over accesses, not over paths', () => {
    const priced = price(rows);
    const [port, mmio] = priced.paths.map(({ cycles }) => cycles.value);
    expect([0, 0.5, 0.75].map((q) => percentile(priced, q))).toEqual([port, port, port]);
    expect([0.76, 1].map((q) => percentile(priced, q))).toEqual([mmio, mmio]);
  });

  it('is nothing for no access', () => {
    const priced = price([]);
    expect(priced.perAccess).toEqual({ value: 0, low: 0, high: 0 });
    expect(percentile(priced, 0.5)).toBe(0);
    expect(priced.provenance).toEqual({ read: 0, derived: 0, estimated: 0 });
  });

  it('refuses a step it does not know', () => {
    const priced = priceResult([{ steps: [['hw.teleport', 1]], count: 1 }], pciTestdev2013);
    expect(priced).toEqual({ ok: false, error: 'unknown step "hw.teleport": the result is of another version' });
  });
});
