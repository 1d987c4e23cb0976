import type { Bounds } from '../pricing.ts';

/** What came of checking a claim against the model. */
export interface Checked {
  /** What the model says, in the claim's unit; null for a claim in words only. */
  readonly model: Bounds | null;
  /** Model against published, as a part of the published one; null without a number. */
  readonly error: number | null;
  /** Whether the claim holds in the model. A figure holds within 15 %. */
  readonly holds: boolean;
  /** What the model says, in words. */
  readonly words: string;
}

/** A published figure or worded claim that the model covers. */
export interface Claim {
  /** As docs/references.md and the tables of published figures number it. */
  readonly id: string;
  readonly says: string;
  readonly source: string;
  /** TSC cycles, or null for words. */
  readonly published: number | null;
  /** `fitted`: the figure set a price of the model, so that agreement proves nothing. `predicted`: it did not. `left out`: predicted by prices fitted to the other rows of its table. */
  readonly role: 'fitted' | 'predicted' | 'left out' | 'words';
  readonly check: () => Checked;
}

/** A published claim that the model does not cover, and why. */
export interface Uncovered {
  readonly id: string;
  readonly says: string;
  readonly why: string;
}

/** A prediction further off than this is listed as such. */
export const WITHIN = 0.15;

/** Compares a number. */
export function checkedFigure(published: number, model: Bounds): Checked {
  const error = model.value / published - 1;
  const holds = Math.abs(error) <= WITHIN;
  const inside = published >= model.low && published <= model.high;
  return { model, error, holds, words: `${inside ? 'inside' : 'outside'} the bounds of the prices` };
}
