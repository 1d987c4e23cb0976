import { counted, figure, integer, percent, range } from './numbers.ts';
import { phaseLines } from './phase-lines.ts';
import {
  answerLines,
  claimLines,
  countsByName,
  divergenceLines,
  headingLines,
  LEGEND,
  noteLines,
  problemLines,
  verdict,
} from './sections.ts';
import { shadowLines } from './shadow-lines.ts';
import { timedLines } from './timed-lines.ts';
import { PLAIN, type Style } from './style.ts';
import { cut, table, wrap } from './table.ts';
import { describeConfiguration, modelText, type RunView, type ScenarioView } from './view.ts';

const STEPS_SHOWN = 15;
const PATHS_SHOWN = 8;

/** One run in 80 columns: where the cycles went, by stage, step and path, and whether the guest was served right. */
export function runText(scenario: ScenarioView, run: RunView, style: Style = PLAIN): string {
  const { result, priced } = run;
  const lines = [
    ...headingLines(scenario, style),
    '',
    ...wrap(`${scenario.file} on ${modelText(run)}: ${describeConfiguration(result.configuration)}.`),
    '',
    ...problemLines(result, style),
    `${counted(result.accesses, 'access', 'accesses')}, ${figure(priced.perAccess.value)} cycles each (${range(priced.perAccess)}), ` +
      `${percent(priced.provenance.estimated)} estimated`,
    `${counted(result.userspaceExits, 'userspace exit')}; ${verdict(result, style)}`,
    ...wrap(`Exits: ${countsByName(result.exits) || 'none'}`, '  ', ''),
    ...wrap(`Signals: ${countsByName(result.eventfds) || 'none'}`, '  ', ''),
    ...section('Divergences', divergenceLines(result.divergences), style),
    ...section('Notes', noteLines(result.notes), style),
    ...phaseLines([run], style),
    ...shadowLines([run], style),
    ...timedLines(run, style),
    ...section('Cycles an access by stage', stageTable(run, style), style),
    ...section(`Cycles an access by step${more(priced.steps.length, STEPS_SHOWN)}`, stepTable(run, style), style),
    ...section(`Ways an access was served${more(priced.paths.length, PATHS_SHOWN)}`, pathTable(run, style), style),
    ...section('KVM statistics', wrap(countsByName(result.stats), '  ', '  '), style),
    ...claimLines(scenario, style),
    ...answerLines(scenario, style),
    '',
    ...wrap(LEGEND).map(style.quiet),
  ];
  return `${lines.join('\n')}\n`;
}

const more = (count: number, shown: number): string => (count > shown ? ` (${shown} of ${integer(count)})` : '');

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 || (lines.length === 1 && lines[0] === '') ? [] : ['', style.heading(title), ...lines];
}

function stageTable({ priced }: RunView, style: Style): string[] {
  const per = (cycles: number): number => (priced.accesses === 0 ? 0 : cycles / priced.accesses);
  const rows = priced.stages.map(({ stage, cycles, share }) => [
    `  ${stage}`,
    figure(per(cycles.value)),
    range({ value: 0, low: per(cycles.low), high: per(cycles.high) }),
    percent(share),
  ]);
  return table(
    [
      { title: '  stage' },
      { title: 'cycles', align: 'right' },
      { title: 'low..high', align: 'right' },
      { title: 'share', align: 'right' },
    ],
    rows,
    style.quiet,
  );
}

const KIND = { read: 'read', derived: 'derived', estimated: 'est.' } as const;

function stepTable({ priced }: RunView, style: Style): string[] {
  const per = (count: number): number => (priced.accesses === 0 ? 0 : count / priced.accesses);
  const rows = priced.steps
    .slice(0, STEPS_SHOWN)
    .map(({ step, times, cycles, price }) => [
      `  ${step}`,
      figure(per(times)),
      figure(per(cycles.value)),
      figure(price.value),
      range(price),
      KIND[price.kind],
    ]);
  return table(
    [
      { title: '  step' },
      { title: 'times', align: 'right' },
      { title: 'cycles', align: 'right' },
      { title: 'price', align: 'right' },
      { title: 'low..high', align: 'right' },
      { title: '' },
    ],
    rows,
    style.quiet,
  );
}

function pathTable({ priced }: RunView, style: Style): string[] {
  const sorted = [...priced.paths].sort((a, b) => b.path.count - a.path.count || a.cycles.value - b.cycles.value);
  const rows = sorted
    .slice(0, PATHS_SHOWN)
    .map(({ path, cycles }) => [
      `  ${integer(path.count)}`,
      percent(path.count / Math.max(1, priced.accesses)),
      figure(cycles.value),
      range(cycles),
      cut(path.steps.map(([name]) => name).join(' '), 36),
    ]);
  return table(
    [
      { title: '  accesses', align: 'right' },
      { title: 'share', align: 'right' },
      { title: 'cycles', align: 'right' },
      { title: 'low..high', align: 'right' },
      { title: 'steps' },
    ],
    rows,
    style.quiet,
  );
}
