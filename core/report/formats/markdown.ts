import { drawnText } from '../drawn-text.ts';
import { figure, integer, percent, range, signed } from '../numbers.ts';
import type { ReportDocument } from '../report-document.ts';
import { describeConfiguration, divergencesText, modelText } from '../view.ts';

/** Fewer cycles an access round to nothing. */
const LEAST_SHOWN = 0.05;

/** Signs that would end a cell or begin markup. */
const cell = (text: string): string => text.replaceAll(/[\\|`*_<>[\]]/g, String.raw`\$&`).replaceAll(/\s+/g, ' ');

function table(titles: readonly string[], rows: readonly (readonly string[])[], numbersFrom = 1): string[] {
  const rule = titles.map((_, n) => (n < numbersFrom ? '---' : '---:'));
  return [titles, rule, ...rows].map((row) => `| ${row.join(' | ')} |`);
}

/** The report as GitHub Markdown. */
export function markdownText(report: ReportDocument): string {
  const { scenario, runs, pairs, leftOut, version, reproduce, draws } = report;
  const lines = [
    `# ${cell(scenario.title)}`,
    '',
    ...(scenario.question === '' ? [] : [cell(scenario.question), '']),
    '## Cost of an access',
    '',
    ...table(
      ['configuration', 'cycles', 'low to high', 'estimated', 'exits', 'userspace exits', 'divergences'],
      runs.map(({ result, priced }) => [
        cell(result.configuration.name),
        figure(priced.perAccess.value),
        range(priced.perAccess),
        percent(priced.provenance.estimated),
        per(
          Object.values(result.exits).reduce((sum, count) => sum + count, 0),
          result.accesses,
        ),
        per(result.userspaceExits, result.accesses),
        divergencesText({ result }),
      ]),
    ),
    '',
    'Cycles are TSC cycles of a model. Counts are exact; prices are read in a source, derived or estimated, and "estimated" is the part of',
    'the cycles that rests on estimates. Low to high: every price at its low and at its high end.',
    '',
    ...verdictSection(pairs),
    ...pairs.flatMap(pairSection),
    ...(pairs.length === 0 ? [] : [drawnText(draws.options), '']),
    ...divergenceSection(report),
    ...leftOut.map(({ name, why }) => `Left out: ${cell(name)}: ${cell(why)}`),
    '## Configurations',
    '',
    ...runs.map(
      (run) =>
        `- ${cell(run.result.configuration.name)}: ${cell(describeConfiguration(run.result.configuration))} (${cell(modelText(run))})`,
    ),
    '',
    `Made by exitlab ${version}. To run it again:`,
    '',
    '```sh',
    reproduce,
    '```',
  ];
  return `${lines.join('\n')}\n`;
}

/** Several pairs at a glance, before each of them in full. */
function verdictSection(pairs: ReportDocument['pairs']): string[] {
  if (pairs.length < 2) return [];
  return [
    '## Verdicts',
    '',
    ...table(
      ['configuration', 'against', 'verdict', 'cycles an access', '95 % interval', 'divergences'],
      pairs.map(({ to, comparison: { a, b, difference, interval, verdict } }) => [
        cell(b),
        cell(a),
        verdict.word,
        signed(difference),
        interval === null ? 'none' : `${signed(interval.low)} to ${signed(interval.high)}`,
        divergencesText(to),
      ]),
      3,
    ),
    '',
  ];
}

function pairSection({ from, to, comparison }: ReportDocument['pairs'][number]): string[] {
  const { interval, verdict, difference, waterfall, choices, warnings, breakEven } = comparison;
  const cost = (run: typeof from, stage: string): number =>
    (run.priced.stages.find((one) => one.stage === stage)?.cycles.value ?? 0) / run.priced.accesses;
  const between = interval === null ? '' : `, 95 % interval ${signed(interval.low)} to ${signed(interval.high)}`;
  const turning = breakEven.filter(({ inRange }) => inRange).slice(0, 3);
  return [
    `## ${cell(comparison.b)} against ${cell(comparison.a)}`,
    '',
    `**${verdict.word}**: ${signed(difference)} cycles an access${between}; ${cell(verdict.why)}.`,
    '',
    ...(choices.length === 0
      ? []
      : [`Differs: ${choices.map(({ what, a, b }) => cell(`${what} ${a} -> ${b}`)).join('; ')}.`, '']),
    ...warnings.flatMap((warning) => [`Note: ${cell(warning)}.`, '']),
    ...table(
      ['stage', 'before', 'after', 'change'],
      [
        ...waterfall.stages
          .filter(({ cycles }) => Math.abs(cycles) >= LEAST_SHOWN)
          .map(({ stage, cycles }) => [stage, figure(cost(from, stage)), figure(cost(to, stage)), signed(cycles)]),
        ['total', figure(comparison.costA), figure(comparison.costB), signed(difference)],
      ],
    ),
    '',
    ...turning.flatMap(({ step, price, now }) => [
      `Equal if ${cell(step)} cost ${figure(price)} cycles (now ${figure(now)}).`,
      '',
    ]),
  ];
}

function divergenceSection({ runs }: ReportDocument): string[] {
  const rows = runs.flatMap(({ result }) =>
    result.divergences.map(({ kind, text, line, count }) => [
      cell(result.configuration.name),
      kind,
      integer(count),
      line > 0 ? String(line) : '',
      cell(text),
    ]),
  );
  if (rows.length === 0) return ['No divergence from what the guest must observe.', ''];
  return [
    '## Divergences from what the guest must observe',
    '',
    ...table(['configuration', 'kind', 'times', 'line', 'what'], rows, 9),
    '',
  ];
}

const per = (count: number, accesses: number): string => (accesses === 0 ? '-' : figure(count / accesses));
