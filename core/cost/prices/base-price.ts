import type { StepName } from '../steps.ts';

/**
 * Which factor of a CPU model multiplies a base price. The base machine is the one behind the pci-testdev figures of 2013, with all
 * factors 1.
 * - `fixed`: none; the step is bound by a fence or a memory round trip, or nothing says how it scales.
 * - `frame`: the run loop around an exit, scaled so that the cheapest exit costs the model's LX.
 * - `work`: other kernel code; `emulation`: the instruction emulator.
 * - `userspace`: the round trip, scaled so that it costs the model's UX.
 */
export type Factor = 'fixed' | 'frame' | 'work' | 'emulation' | 'userspace';

export interface BasePrice {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly factor: Factor;
  readonly source: string;
}

type Row = readonly [value: number, low: number, high: number, source?: string];

/** A list of base prices under one factor. A row without a source of its own has the list's. */
export function basePrices<K extends StepName>(
  factor: Factor,
  source: string,
  rows: { readonly [Name in K]: Row },
): { readonly [Name in K]: BasePrice } {
  const entries = Object.entries<Row>(rows).map(([name, [value, low, high, own]]) => [
    name,
    { value, low, high, factor, source: own ?? source },
  ]);
  return Object.fromEntries(entries) as { readonly [Name in K]: BasePrice };
}
