import type { Pair } from '../../experiment/uncertainty/pairs.ts';
import { drawnText } from '../drawn-text.ts';
import { figure, integer, percent, signed } from '../numbers.ts';
import type { ReportDocument } from '../report-document.ts';
import { table, wrap } from '../table.ts';
import { describeConfiguration, modelText } from '../view.ts';

/** Columns of a mail: 72, so that it can be quoted a few times before it wraps. */
const WIDTH = 72;

const para = (text: string, indent = '', first = indent): string[] => wrap(text, indent, first, WIDTH);

/**
 * A report for a mailing list: plain ASCII text of 72 columns, before and after, with what is needed to run it again. No line begins with '>' or with
 * "From ", which mail programs change.
 */
export function mailText(report: ReportDocument): string {
  const { scenario, runs, pairs, leftOut, reproduce, version, draws } = report;
  const lines = [
    ...para(scenario.title),
    ...(scenario.question === '' ? [] : para(scenario.question)),
    '',
    ...verdictLines(pairs),
    ...pairs.flatMap((pair, n) => [...(n === 0 ? [] : ['']), ...pairLines(pair)]),
    ...(pairs.length === 0 ? runs.flatMap(costLines) : []),
    ...leftOut.flatMap(({ name, why }) => para(`Left out: ${name}: ${why}`, '  ', '')),
    ...divergenceLines(report),
    '',
    'Configurations',
    ...runs.flatMap((run) =>
      para(
        `${run.result.configuration.name}: ${describeConfiguration(run.result.configuration)} (${modelText(run)}; ${run.model.ghz} GHz)`,
        '      ',
        '  ',
      ),
    ),
    '',
    ...para(
      'Cycles are TSC cycles of a model, not of a measurement: counts of steps are exact, their prices are read in sources, derived or ' +
        `estimated. Part of the cycles that rests on estimates: ${estimatedParts(report)}.`,
    ),
    ...(pairs.length === 0 ? [] : para(drawnText(draws.options))),
    '',
    ...para(`Made by exitlab ${version}. To run it again:`),
    ...commandLines(reproduce),
  ];
  return `${ascii(lines.join('\n'))}\n`;
}

/** Several pairs at a glance, before each of them in full. */
function verdictLines(pairs: readonly Pair[]): string[] {
  if (pairs.length < 2) return [];
  const one = ({ to, comparison: { a, b, difference, interval, verdict } }: Pair): string => {
    const between = interval === null ? '' : ` (95 % ${signed(interval.low)}..${signed(interval.high)})`;
    const wrong = to.result.divergences.length === 0 ? '' : '; it breaks the guest';
    return `${b} against ${a}: ${verdict.word}, ${signed(difference)}${between}${wrong}`;
  };
  return ['Verdicts (delta in cycles an access)', ...pairs.flatMap((pair) => para(one(pair), '      ', '  ')), ''];
}

function pairLines({ from, to, comparison }: Pair): string[] {
  const { interval, verdict, difference, relative, waterfall, choices, warnings } = comparison;
  const cells = table(
    [
      { title: 'cycles an access' },
      { title: 'before', align: 'right' },
      { title: 'after', align: 'right' },
      { title: 'delta', align: 'right' },
      { title: '95 % interval', align: 'right' },
    ],
    [
      [
        'total',
        figure(comparison.costA),
        figure(comparison.costB),
        `${signed(difference)}${relative === null ? '' : ` (${signedPercent(relative)})`}`,
        interval === null ? 'none' : `${signed(interval.low)}..${signed(interval.high)}`,
      ],
      ...waterfall.stages.filter(isShown).map(({ stage, cycles }) => {
        const cost = (run: typeof from): number =>
          (run.priced.stages.find((one) => one.stage === stage)?.cycles.value ?? 0) / run.priced.accesses;
        return [stage, figure(cost(from)), figure(cost(to)), signed(cycles), ''];
      }),
    ],
  );
  return [
    ...para(`before: ${comparison.a}`),
    ...para(`after:  ${comparison.b}`),
    ...(choices.length === 0
      ? []
      : para(`differs: ${choices.map(({ what, a, b }) => `${what} ${a} -> ${b}`).join('; ')}`, '         ', '')),
    '',
    ...cells.map((line) => `  ${line}`),
    '',
    ...para(`The second is ${verdict.word}: ${verdict.why}.`),
    ...warnings.flatMap((warning) => para(`Note: ${warning}.`, '      ', '')),
  ];
}

function costLines({ result, priced }: ReportDocument['runs'][number]): string[] {
  const { perAccess } = priced;
  return para(
    `${result.configuration.name}: ${figure(perAccess.value)} cycles an access (bounds ${figure(perAccess.low)}..${figure(perAccess.high)}), ` +
      `${integer(result.accesses)} accesses`,
    '  ',
    '',
  );
}

function divergenceLines({ runs }: ReportDocument): string[] {
  const unchecked = runs.filter(({ result }) => !result.checked).map(({ result }) => result.configuration.name);
  const lines = runs.flatMap(({ result }) =>
    result.divergences.flatMap(({ kind, text, line, count }) =>
      para(
        `${result.configuration.name}: ${integer(count)} x ${kind}${line > 0 ? ` (line ${line})` : ''}: ${text}`,
        '      ',
        '  ',
      ),
    ),
  );
  return [
    '',
    ...(lines.length === 0
      ? para('No divergence from what the guest must observe.')
      : ['Divergences from what the guest must observe', ...lines]),
    ...(unchecked.length === 0 ? [] : para(`Not checked against the reference: ${unchecked.join(', ')}.`)),
  ];
}

/** Less than this many cycles an access round to nothing. */
const isShown = ({ cycles }: { readonly cycles: number }): boolean => Math.abs(cycles) >= 0.05;

/** A shell command in lines that end in a backslash. */
function commandLines(command: string): string[] {
  const lines = wrap(command, '    ', '  ', WIDTH - 2);
  return lines.map((line, n) => (n < lines.length - 1 ? `${line} \\` : line));
}

const estimatedParts = ({ runs }: ReportDocument): string =>
  [...new Set(runs.map(({ priced }) => percent(priced.provenance.estimated)))].join(', ');

const signedPercent = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;

const PLAIN: Readonly<Record<string, string>> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '→': '->',
  '−': '-',
};

/** Mail is still read on terminals: signs beyond ASCII become their plain forms, or '?'. */
const ascii = (text: string): string =>
  [...text].map((char) => (char.codePointAt(0)! < 128 ? char : (PLAIN[char] ?? '?'))).join('');
