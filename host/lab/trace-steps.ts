import { STEPS, type Trace } from '../../core/index.ts';

/** Steps of a traced access by name, in the order taken. */
export const nameTraceSteps = ({ steps }: Trace): [string, number][] =>
  steps.map(({ step, times }) => [STEPS[step]!.name, times]);
