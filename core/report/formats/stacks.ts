import { STEP, STEPS } from '../../cost/steps.ts';
import type { PricedRun } from '../../experiment/priced-run.ts';
import type { ProfileStack } from '../../experiment/profile.ts';
import type { ReportDocument } from '../report-document.ts';

/** Where cycles went: configuration, instruction, stage, step. */
export interface Stack {
  readonly frames: readonly string[];
  /** Cycles of the whole run, at best prices. */
  readonly cycles: number;
}

/** Semicolons part frames, blanks part the weight: neither may stand in a frame. */
const frame = (name: string): string => name.replaceAll(/[;\s]+/g, '_');

/** Every step of a run under the instruction that took it, in the order of first appearance. */
export function stacksOf({ result, model }: PricedRun): Stack[] {
  const sums = new Map<string, { frames: string[]; cycles: number }>();
  const root = frame(result.configuration.name);
  for (const { steps, count } of result.paths) {
    const instruction = steps[0]?.[0] ?? 'nothing';
    for (const [name, times] of steps) {
      const { stage } = STEPS[STEP[name as keyof typeof STEP]]!;
      const frames = [root, frame(instruction), frame(stage), frame(name)];
      const key = frames.join(';');
      const cycles = times * count * model.prices[name as keyof typeof model.prices].value;
      const known = sums.get(key);
      if (known === undefined) sums.set(key, { frames, cycles });
      else known.cycles += cycles;
    }
  }
  return [...sums.values()];
}

const MOST = Number.MAX_SAFE_INTEGER;
const whole = (cycles: number): number => Math.min(MOST, Math.round(cycles));

/**
 * Collapsed stacks, as flamegraph.pl and speedscope read them: frames joined by semicolons, a blank, whole cycles of the run. A stack that
 * rounds to nothing is left out.
 */
export const collapsedText = ({ runs }: ReportDocument): string =>
  runs
    .flatMap(stacksOf)
    .filter(({ cycles }) => whole(cycles) > 0)
    .map(({ frames, cycles }) => `${frames.join(';')} ${whole(cycles)}\n`)
    .join('');

/** A profile by kernel symbol as collapsed stacks. Kernel frames end in _[k], as stackcollapse-perf.pl marks them (--kernel). */
export const collapsedProfile = (stacks: readonly ProfileStack[]): string =>
  stacks
    .filter(({ cycles }) => whole(cycles) > 0)
    .map(({ frames, isKernel, cycles }) => `${frames.map(frame).join(';')}${isKernel ? '_[k]' : ''} ${whole(cycles)}\n`)
    .join('');

/** Cycles for each million accesses, so that runs of different lengths are comparable and small steps do not vanish. */
const PER = 1_000_000;

/**
 * Two columns of weights, as difffolded.pl makes them and flamegraph.pl reads them: cycles in a million accesses of the baseline, then of the other. Pairs follow
 * each other, each under a root that names both.
 */
export function difffoldedText({ pairs }: ReportDocument): string {
  const lines: string[] = [];
  for (const { from, to, comparison } of pairs) {
    const root = frame(`${comparison.a}->${comparison.b}`);
    const weights = new Map<string, [number, number]>();
    [from, to].forEach((run, side) => {
      for (const { frames, cycles } of stacksOf(run)) {
        const key = [root, ...frames.slice(1)].join(';');
        const pair = weights.get(key) ?? [0, 0];
        pair[side]! += (cycles / run.result.accesses) * PER;
        weights.set(key, pair);
      }
    });
    for (const [key, [before, after]] of weights) {
      if (whole(before) > 0 || whole(after) > 0) lines.push(`${key} ${whole(before)} ${whole(after)}\n`);
    }
  }
  return lines.join('');
}

/**
 * A speedscope file: one sampled profile a run, heaviest first. Its format has no unit for cycles, so the unit is `none` and the name says it.
 * https://www.speedscope.app/file-format-schema.json
 */
export function speedscopeText({ scenario, version, runs }: ReportDocument): string {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const number = (name: string): number => {
    let at = numbers.get(name);
    if (at === undefined) {
      at = names.push(name) - 1;
      numbers.set(name, at);
    }
    return at;
  };
  const profiles = runs.map((run) => {
    const stacks = stacksOf(run).filter(({ cycles }) => cycles > 0);
    stacks.sort((a, b) => b.cycles - a.cycles);
    const weights = stacks.map(({ cycles }) => cycles);
    return {
      type: 'sampled',
      name: `${run.result.configuration.name} (TSC cycles of the run, ${run.model.name})`,
      unit: 'none',
      startValue: 0,
      endValue: weights.reduce((sum, one) => sum + one, 0),
      samples: stacks.map(({ frames }) => frames.map(number)),
      weights,
    };
  });
  const file = {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: `exitlab@${version}`,
    name: scenario.title,
    activeProfileIndex: 0,
    shared: { frames: names.map((name) => ({ name })) },
    profiles,
  };
  return `${JSON.stringify(file)}\n`;
}
