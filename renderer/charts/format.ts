import type { Bounds } from '../../core/index.ts';
import { grouped } from '../text/numbers.ts';

/** Digits behind the point: three significant ones below 100, none from there. */
function digitsOf(value: number): number {
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return 0;
  if (size >= 9.995) return 1;
  return size >= 0.995 ? 2 : 3;
}

/** Cycles, or another count that may be a fraction: `1 234`, `12.3`, `0.012`. */
export function cycles(value: number): string {
  const size = Math.abs(value);
  if (size > 0 && size < 0.0005) return value > 0 ? '<0.001' : '>\u22120.001';
  return grouped(value, digitsOf(value));
}

/** With its sign: `+12.3`, `−4`, `0`. */
export const signed = (value: number): string => (value > 0 ? `+${cycles(value)}` : cycles(value));

export const range = ({ low, high }: Pick<Bounds, 'low' | 'high'>): string => `${cycles(low)}..${cycles(high)}`;
export const signedRange = ({ low, high }: Pick<Bounds, 'low' | 'high'>): string => `${signed(low)}..${signed(high)}`;

/** A part of a whole, 0 to 1. Never 0 or 100 for what is not. */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return '<1\u00a0%';
  if (share < 1 && share > 0.995) return '>99\u00a0%';
  return `${Math.round(share * 100)}\u00a0%`;
}
