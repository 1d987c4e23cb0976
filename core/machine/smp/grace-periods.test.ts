import { describe, expect, it } from 'vitest';
import { GracePeriods } from './grace-periods.ts';

describe('kvm->srcu', () => {
  it('has an expedited wait sit out the normal grace period that call_srcu() began', () => {
    const srcu = new GracePeriods(1000);
    expect(srcu.busyUntil(5)).toBe(5);
    srcu.call(100);
    expect(srcu.busyUntil(300)).toBe(1100);
    expect(srcu.busyUntil(1100)).toBe(1100);
    expect(srcu.busyUntil(2000)).toBe(2000);
  });

  it('serves callbacks that come meanwhile with one more grace period', () => {
    const srcu = new GracePeriods(1000);
    srcu.call(0);
    srcu.call(10);
    srcu.call(990);
    expect(srcu.busyUntil(1500)).toBe(2000);
    expect(srcu.busyUntil(2001)).toBe(2001);
  });
});
