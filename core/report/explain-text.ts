import type { StepName } from '../cost/steps.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import type { Bounds } from '../experiment/pricing.ts';
import type { PathResult } from '../experiment/result.ts';
import { eventText } from './event-text.ts';
import { figure, integer, percent, range } from './numbers.ts';
import { headingLines, LEGEND } from './sections.ts';
import { PLAIN, type Style } from './style.ts';
import { cut, wrap } from './table.ts';
import { describeConfiguration, modelText, type RunView, type ScenarioView } from './view.ts';
import type { RecordedEvent } from '../events/recorder.ts';

/** One access to be explained: its steps by name, and its events where it was recorded. */
interface ExplainedAccess {
  /** What it was, e.g. `access 2 (line 14): WRITE of 4 bytes at 0xfe000000`. */
  readonly heading: string;
  readonly steps: PathResult['steps'];
  readonly events: readonly RecordedEvent[];
}

const OTHER_PATHS = 12;

/** One access step by step, with price, range, kind and source of each step, and every event on the way. */
export function explainText(
  scenario: ScenarioView,
  run: RunView,
  access: ExplainedAccess,
  style: Style = PLAIN,
): string {
  const { model, result } = run;
  const total = priceOf(access.steps, model);
  const lines = [
    ...headingLines(scenario, style),
    '',
    ...wrap(`${scenario.file} on ${modelText(run)}: ${describeConfiguration(result.configuration)}.`),
    '',
    ...wrap(access.heading).map(style.heading),
    `${figure(total.value)} cycles (${range(total)}), ${percent(total.estimated)} estimated`,
    '',
    ...stepLines(access, model, style),
    ...eventLines(access, model, style),
    ...otherPaths(run, access, style),
    '',
    ...wrap(LEGEND).map(style.quiet),
  ];
  return `${lines.join('\n')}\n`;
}

function priceOf(steps: PathResult['steps'], model: CpuModel): Bounds & { estimated: number } {
  const sum = { value: 0, low: 0, high: 0, estimated: 0 };
  for (const [name, times] of steps) {
    const price = model.prices[name as StepName];
    sum.value += price.value * times;
    sum.low += price.low * times;
    sum.high += price.high * times;
    if (price.kind === 'estimated') sum.estimated += price.value * times;
  }
  return { ...sum, estimated: sum.value === 0 ? 0 : sum.estimated / sum.value };
}

const NAME_WIDTH = 37;

/** One line a step; the number at its end leads to the source of its price. */
function stepLines({ steps }: ExplainedAccess, model: CpuModel, style: Style): string[] {
  const sources: string[] = [];
  const lines = [style.heading(`${'Step'.padEnd(NAME_WIDTH)}  cycles       low..high  kind       source`)];
  for (const [name, times] of steps) {
    const price = model.prices[name as StepName];
    const label = cut(times === 1 ? name : `${name} x ${integer(times)}`, NAME_WIDTH).padEnd(NAME_WIDTH);
    const cycles = figure(price.value * times).padStart(8);
    const bounds = range({ value: 0, low: price.low * times, high: price.high * times }).padStart(14);
    if (!sources.includes(price.source)) sources.push(price.source);
    const mark = `[${sources.indexOf(price.source) + 1}]`.padStart(6);
    lines.push(`${label}${cycles}  ${bounds}  ${price.kind.padEnd(9)}${mark}`);
  }
  const list = sources.flatMap((source, n) => wrap(source, '       ', `  [${n + 1}] `.padEnd(7)));
  return [...lines, '', style.heading('Sources of the prices'), ...list];
}

function eventLines({ events }: ExplainedAccess, model: CpuModel, style: Style): string[] {
  if (events.length === 0) return [];
  return [
    '',
    style.heading('Events'),
    ...events.flatMap((event) => wrap(eventText(event, model.vendor), '      ', '  ')),
  ];
}

/** The other ways in which accesses of the run were served, when no single access was asked for. */
function otherPaths({ priced }: RunView, access: ExplainedAccess, style: Style): string[] {
  const others = priced.paths.filter(({ path }) => path.steps !== access.steps);
  if (access.events.length > 0 || others.length === 0) return [];
  const sorted = [...others].sort((a, b) => b.path.count - a.path.count).slice(0, OTHER_PATHS);
  return [
    '',
    style.heading('Other ways in which accesses of this run were served'),
    ...sorted.map(
      ({ path, cycles }) =>
        `  ${integer(path.count).padStart(13)} x ${figure(cycles.value).padStart(9)} cycles in ${path.steps.length} steps`,
    ),
    ...wrap('exitlab explain SCRIPT --access N records one access with its events.', '  '),
  ];
}
