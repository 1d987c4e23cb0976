import { STEP } from './steps.ts';
import type { StepCount } from './paths.ts';
import type { StepName } from './steps.ts';

/** A step once, or a step so many times. */
export type Counted = StepName | readonly [StepName, number];

/** Turns names into counted step ids; steps taken 0 times are left out, order is kept. */
export function stepList(...parts: readonly Counted[]): StepCount[] {
  return parts
    .map((part) =>
      typeof part === 'string' ? { step: STEP[part], times: 1 } : { step: STEP[part[0]], times: part[1] },
    )
    .filter(({ times }) => times > 0);
}
