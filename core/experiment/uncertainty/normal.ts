import type { Random } from '../../base/random.ts';

/** Fills `out` with draws of the standard normal distribution, by pairs (Box and Muller, 1958). */
export function fillNormal(out: Float64Array, random: Random): void {
  for (let i = 0; i < out.length; i += 2) {
    // In (0, 1]: the logarithm of 0 is never taken.
    const radius = Math.sqrt(-2 * Math.log((random.next() + 1) / 0x1_0000_0000));
    const angle = (2 * Math.PI * random.next()) / 0x1_0000_0000;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
}

/**
 * The distribution function of the standard normal distribution, right to 2e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions,
 * 26.2.17).
 */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
