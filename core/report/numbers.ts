import type { Bounds } from '../experiment/pricing.ts';

/** An integer with thousands separators. */
export function integer(value: number): string {
  const digits = Math.round(Math.abs(value)).toString();
  const grouped = Number(digits) < 1e21 ? digits.replaceAll(/\B(?=(\d{3})+$)/g, ',') : digits;
  return value < 0 && grouped !== '0' ? `-${grouped}` : grouped;
}

/** Cycles, or any count that may be a fraction: three significant digits below 100, whole numbers from there. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return integer(value);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.0005) return value.toFixed(size >= 0.9995 ? 2 : 3);
  return value > 0 ? '<0.001' : '>-0.001';
}

/** With its sign. */
export const signed = (value: number): string => (value > 0 ? `+${figure(value)}` : figure(value));

/** `low..high`. */
export const range = ({ low, high }: Bounds): string => `${figure(low)}..${figure(high)}`;

/** A part of a whole, 0 to 1, in per cent. */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return '<1 %';
  if (share < 1 && share > 0.995) return '>99 %';
  return `${Math.round(share * 100)} %`;
}

/** `1 access`, `2,000 accesses`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${integer(count)} ${count === 1 ? one : many}`;
