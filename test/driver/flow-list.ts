import { type ExitFrame, exitEpilogue, exitPrologue } from '../../core/cost/exit-frame.ts';
import type { StepCount } from '../../core/cost/paths.ts';
import { STEPS } from '../../core/cost/steps.ts';
import { findKernel } from '../../core/design/registry.ts';
import type { PathResult } from '../../core/experiment/result.ts';
import type { DriveOptions } from './machine-driver.ts';

type Named = readonly (readonly [string, number])[];

/** Steps as `step` or `step x n`. */
export const written = (steps: Named): string[] =>
  steps.map(([name, times]) => (times === 1 ? name : `${name} x ${times}`));

/** A golden list: steps parted by line ends or semicolons; what follows a `#` is a remark. */
export const flow = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => line.replace(/#.*/, '').split(';'))
    .map((step) => step.trim())
    .filter((step) => step !== '');

/**
 * A path as a list to read: the guest's own step without the silicon's walks, the run loop's prologue and epilogue as PRO and EPI (their own
 * lists stand in flows-run-loop.test.ts), everything between as it is.
 */
export function flowList({ steps }: PathResult, frame: ExitFrame): string[] {
  const lines: string[] = [];
  let rest: Named = steps;
  for (;;) {
    const exit = rest.findIndex(([name]) => name === 'hw.vmexit');
    lines.push(...written(exit < 0 ? rest : rest.slice(0, exit)).filter(isGuests));
    if (exit < 0) return lines;
    rest = rest.slice(exit);
    const prologue = listed(exitPrologue(frame));
    if (written(rest.slice(0, prologue.length)).join() !== prologue.join()) return [...lines, ...written(rest)];
    const entry = rest.findIndex(([name]) => name === 'hw.vmentry');
    const handled = written(rest.slice(prologue.length, entry + 1));
    const epilogue = listed(exitEpilogue(frame));
    const ends = handled.slice(-epilogue.length).join() === epilogue.join();
    lines.push('PRO', ...(ends ? [...handled.slice(0, -epilogue.length), 'EPI'] : handled));
    rest = rest.slice(entry + 1);
  }
}

const listed = (steps: readonly StepCount[]): string[] =>
  written(steps.map(({ step, times }) => [STEPS[step]!.name, times]));

const isGuests = (step: string): boolean => !/^(walk|guest\.data)/.test(step);

/** The run loop of a configuration without mitigations. */
export function frameOf({ mmu = 'ept', cpu, kernel = '7.0' }: DriveOptions): ExitFrame {
  const found = findKernel(kernel);
  if (!found.ok) throw new Error(found.error);
  const { xcr0, ops, slotsGuard } = found.value.policy;
  return {
    vendor: mmu === 'npt' || cpu?.startsWith('zen') === true ? 'amd' : 'intel',
    xcr0,
    ops,
    slotsGuard,
    mitigations: [],
  };
}
