import { STEP, STEPS } from '../../cost/steps.ts';
import type { PricedRun } from '../../experiment/priced-run.ts';
import type { PathResult } from '../../experiment/result.ts';
import type { ReportDocument } from '../report-document.ts';

interface TraceEvent {
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Paths of a run that are drawn, the dearest in all first. */
const MOST_PATHS = 200;

/**
 * One access of each path, laid one after the other, as a Chrome trace (opens in Perfetto and speedscope): a process a configuration, slices
 * of stages inside an access, of steps inside a stage. A result holds counts, no time line: how often a path was taken stands in its arguments. Cycles
 * become microseconds at the clock of the CPU model.
 */
export function chromeTraceText({ scenario, version, runs }: ReportDocument): string {
  const events = runs.flatMap((run, n) => processEvents(run, n + 1));
  const file = {
    displayTimeUnit: 'ns',
    otherData: { exitlab: version, scenario: scenario.title, drawn: 'one access of each path; counts in args' },
    traceEvents: events,
  };
  return `${JSON.stringify(file)}\n`;
}

function processEvents(run: PricedRun, pid: number): TraceEvent[] {
  const { result, model, priced } = run;
  const perCycle = 1 / (model.ghz * 1000);
  const events: TraceEvent[] = [
    { ph: 'M', pid, tid: 0, name: 'process_name', args: { name: `${result.configuration.name} on ${model.name}` } },
    { ph: 'M', pid, tid: 0, name: 'thread_name', args: { name: 'one access of each path' } },
  ];
  const dearest = priced.paths
    .map(({ path, cycles }) => ({ path, cycles: cycles.value }))
    .sort((a, b) => b.cycles * b.path.count - a.cycles * a.path.count)
    .slice(0, MOST_PATHS);
  let clock = 0;
  for (const { path, cycles } of dearest) {
    const times = `${path.count} times`;
    events.push(slice(pid, path.steps[0]?.[0] ?? 'access', 'access', clock, cycles, perCycle, { times, cycles }));
    for (const part of stageRuns(path, model.prices)) {
      events.push(slice(pid, part.stage, 'stage', clock, part.cycles, perCycle, { cycles: part.cycles }));
      for (const { name, repeats, cost } of part.steps) {
        const { kind, source } = model.prices[name as keyof typeof model.prices];
        events.push(
          slice(pid, name, 'step', clock, cost, perCycle, { times: repeats, cycles: cost, price: kind, source }),
        );
        clock += cost;
      }
    }
  }
  return events;
}

/** Times are rounded to picoseconds from one clock, so that a slice ends exactly where the next begins and inner ones stay inside. */
function slice(
  pid: number,
  name: string,
  cat: string,
  from: number,
  cycles: number,
  perCycle: number,
  args: Readonly<Record<string, unknown>>,
): TraceEvent {
  const at = (clock: number): number => Math.round(clock * perCycle * 1e6);
  return { ph: 'X', pid, tid: 0, name, cat, ts: at(from) / 1e6, dur: (at(from + cycles) - at(from)) / 1e6, args };
}

interface StageRun {
  readonly stage: string;
  cycles: number;
  readonly steps: { name: string; repeats: number; cost: number }[];
}

/** Neighbouring steps of one stage, together. */
function stageRuns(path: PathResult, prices: PricedRun['model']['prices']): StageRun[] {
  const parts: StageRun[] = [];
  for (const [name, repeats] of path.steps) {
    const { stage } = STEPS[STEP[name as keyof typeof STEP]]!;
    const cost = repeats * prices[name as keyof typeof prices].value;
    let part = parts.at(-1);
    if (part?.stage !== stage) {
      part = { stage, cycles: 0, steps: [] };
      parts.push(part);
    }
    part.cycles += cost;
    part.steps.push({ name, repeats, cost });
  }
  return parts;
}
