import type { Bounds } from '../pricing.ts';

/**
 * The price that a share `u` (0 to 1) of the belief lies below. A range says no more than its ends and its best value, so the belief is the
 * plainest that has them: half of it spread evenly from the low end to the value, half from the value to the high end.
 */
export const priceQuantile = ({ value, low, high }: Bounds, u: number): number =>
  u < 0.5 ? low + 2 * u * (value - low) : value + (2 * u - 1) * (high - value);

/** The mean of that belief. */
export const meanPrice = ({ value, low, high }: Bounds): number => (low + 2 * value + high) / 4;
