import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import { fillNormal, normalCdf } from './normal.ts';

describe('the standard normal distribution', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1: cumulative distribution function.
  it.each([
    [0, 0.5],
    [0.5, 0.69146],
    [1, 0.84134],
    [1.645, 0.95002],
    [1.96, 0.975],
    [2.576, 0.995],
    [3, 0.99865],
  ])('has P(Z < %d) = %d', (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 5);
    expect(normalCdf(-z)).toBeCloseTo(1 - p, 5);
  });

  it('is what the draws follow: mean, variance and tails', () => {
    const draws = new Float64Array(200_001);
    fillNormal(draws, new Random(7));
    const mean = draws.reduce((sum, z) => sum + z, 0) / draws.length;
    const variance = draws.reduce((sum, z) => sum + (z - mean) ** 2, 0) / draws.length;
    const tail = draws.filter((z) => z > 1.96).length / draws.length;
    // Four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(draws.length));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / draws.length));
    expect(Math.abs(tail - 0.025)).toBeLessThan(4 * Math.sqrt((0.025 * 0.975) / draws.length));
  });
});
