import type { Paint } from '../widgets/palette.ts';

/** Bars lying one below the other, each of parts with a colour. */
export interface BarsSpec {
  readonly kind: 'bars';
  readonly title: string;
  /** What the axis counts. */
  readonly unit: string;
  /** True for things that are counted: no fractions on the axis. */
  readonly whole: boolean;
  readonly labels: readonly string[];
  /** Parts of the stacks, in the order they are drawn; `values` has one number a label. */
  readonly parts: readonly { readonly name: string; readonly paint: Paint; readonly values: readonly number[] }[];
  /** Bounds of each whole stack; null for none. */
  readonly whiskers: readonly { readonly low: number; readonly high: number }[] | null;
  /** For those who do not see it. */
  readonly description: string;
}

/** Bars that float: each goes from where the one before ended. */
export interface WaterfallSpec {
  readonly kind: 'waterfall';
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly {
    readonly name: string;
    readonly paint: Paint;
    readonly from: number;
    readonly to: number;
    /** Written beside the bar. */
    readonly text: string;
  }[];
  readonly description: string;
}

/** Marks on one line a label. */
export interface MarksSpec {
  readonly kind: 'marks';
  readonly title: string;
  readonly unit: string;
  readonly labels: readonly string[];
  readonly marks: readonly {
    readonly name: string;
    readonly shape: 'circle' | 'triangle' | 'rectRot' | 'crossRot' | 'line';
    readonly values: readonly number[];
  }[];
  readonly description: string;
}

/** A rising staircase: which share of a whole lies at or below x. */
export interface StairsSpec {
  readonly kind: 'stairs';
  readonly title: string;
  readonly unit: string;
  readonly side: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly description: string;
}

export type ChartSpec = BarsSpec | WaterfallSpec | MarksSpec | StairsSpec;
