import { STAGES } from '../../cost/steps.ts';
import { pricePhases } from '../../experiment/phases.ts';
import { drawnText } from '../drawn-text.ts';
import { figure, integer, percent, range, signed } from '../numbers.ts';
import type { ReportDocument } from '../report-document.ts';
import { describeConfiguration, divergencesText, modelText } from '../view.ts';
import { stageClass, STYLE } from './html-style.ts';
import { markup } from './markup.ts';
import { stackedBars } from './svg-bars.ts';
import { waterfall } from './svg-waterfall.ts';

/** Steps of a comparison that are listed; the rest is in the CSV. */
const STEPS_SHOWN = 12;

type Cells = readonly (string | { readonly n: string })[];

const number = (text: string): { n: string } => ({ n: text });

/** A table whose caption says what its numbers are. */
function table(caption: string, titles: Cells, rows: readonly Cells[]): string {
  const cell = (tag: 'th' | 'td', one: Cells[number], scope = ''): string =>
    typeof one === 'string'
      ? `<${tag}${scope}>${markup(one)}</${tag}>`
      : `<${tag} class="n"${scope}>${markup(one.n)}</${tag}>`;
  return [
    `<table><caption>${markup(caption)}</caption>`,
    `<thead><tr>${titles.map((one) => cell('th', one, ' scope="col"')).join('')}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${row.map((one, n) => (n === 0 ? cell('th', one, ' scope="row"') : cell('td', one))).join('')}</tr>`).join('\n')}</tbody></table>`,
  ].join('\n');
}

/** The report as one HTML file: no script, nothing fetched, charts as SVG with their numbers in tables. */
export function htmlText(report: ReportDocument): string {
  const { scenario, runs, pairs, leftOut, version, reproduce, draws, script } = report;
  const body = [
    `<h1>${markup(scenario.title)}</h1>`,
    ...(scenario.question === '' ? [] : [`<p>${markup(scenario.question)}</p>`]),
    costSection(report),
    exitSection(report),
    verdictSection(pairs),
    ...pairs.map(pairSection),
    ...(pairs.length === 0 ? [] : [`<p class="quiet">${markup(drawnText(draws.options))}</p>`]),
    divergenceSection(report),
    phaseSection(report),
    ...(scenario.claims.length === 0
      ? []
      : [
          `<section><h2>What was claimed</h2><ul>${scenario.claims.map((claim) => `<li>${markup(claim)}</li>`).join('')}</ul></section>`,
        ]),
    ...leftOut.map(({ name, why }) => `<p>Left out: ${markup(`${name}: ${why}`)}</p>`),
    '<section><h2>Configurations</h2>',
    `<ul>${runs
      .map(
        (run) =>
          `<li><b>${markup(run.result.configuration.name)}</b>: ${markup(describeConfiguration(run.result.configuration))} (${markup(modelText(run))}; ${run.model.ghz} GHz)</li>`,
      )
      .join('')}</ul>`,
    `<p>Made by exitlab ${markup(version)}. To run it again:</p><pre>${markup(reproduce)}</pre></section>`,
    `<section><h2>Script</h2><pre>${markup(script)}</pre></section>`,
  ];
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${markup(scenario.title)}</title>`,
    `<style>${STYLE}</style></head><body><main>`,
    ...body,
    '</main></body></html>',
    '',
  ].join('\n');
}

const legend = (stages: readonly string[]): string =>
  `<ul class="legend">${stages.map((stage) => `<li><i class="${stageClass(stage)}"></i>${markup(stage)}</li>`).join('')}</ul>`;

const stageCost = ({ priced }: ReportDocument['runs'][number], stage: string): number =>
  (priced.stages.find((one) => one.stage === stage)?.cycles.value ?? 0) / Math.max(1, priced.accesses);

function costSection({ runs }: ReportDocument): string {
  const used = STAGES.filter((stage) => runs.some((run) => stageCost(run, stage) > 0));
  const bars = runs.map((run) => ({
    name: run.result.configuration.name,
    parts: used.map((stage) => ({ name: stage, paint: stageClass(stage), value: stageCost(run, stage) })),
  }));
  return [
    '<section><h2>Cost of an access</h2>',
    stackedBars('Cycles an access by stage, best prices', 'TSC cycles an access', bars),
    legend(used),
    table(
      'TSC cycles an access, of a model. Low to high: every price at its low and at its high end. Counts are exact.',
      [
        'configuration',
        number('cycles'),
        number('low to high'),
        number('read'),
        number('derived'),
        number('estimated'),
        number('accesses'),
        number('divergences'),
      ],
      runs.map(({ result, priced }) => [
        result.configuration.name,
        number(figure(priced.perAccess.value)),
        number(range(priced.perAccess)),
        number(percent(priced.provenance.read)),
        number(percent(priced.provenance.derived)),
        number(percent(priced.provenance.estimated)),
        number(integer(result.accesses)),
        number(divergencesText({ result })),
      ]),
    ),
    table(
      'TSC cycles an access by stage, best prices',
      ['configuration', ...used.map(number)],
      runs.map((run) => [run.result.configuration.name, ...used.map((stage) => number(figure(stageCost(run, stage))))]),
    ),
    '</section>',
  ].join('\n');
}

function exitSection({ runs }: ReportDocument): string {
  const reasons = [...new Set(runs.flatMap(({ result }) => Object.keys(result.exits)))];
  if (reasons.length === 0) return '';
  return [
    '<section><h2>Exits</h2>',
    table(
      'Exits of the run by reason (counts, exact)',
      ['configuration', ...reasons.map(number), number('to userspace')],
      runs.map(({ result }) => [
        result.configuration.name,
        ...reasons.map((reason) => number(integer(result.exits[reason] ?? 0))),
        number(integer(result.userspaceExits)),
      ]),
    ),
    '</section>',
  ].join('\n');
}

/** Several pairs at a glance, before each of them in full. */
function verdictSection(pairs: ReportDocument['pairs']): string {
  if (pairs.length < 2) return '';
  return [
    '<section><h2>Verdicts</h2>',
    table(
      'Difference in TSC cycles an access, with its 95 % interval',
      ['configuration', 'against', 'verdict', number('difference'), number('95 % interval'), number('divergences')],
      pairs.map(({ to, comparison: { a, b, difference, interval, verdict } }) => [
        b,
        a,
        verdict.word,
        number(signed(difference)),
        number(interval === null ? 'none' : `${signed(interval.low)} to ${signed(interval.high)}`),
        number(divergencesText(to)),
      ]),
    ),
    '</section>',
  ].join('\n');
}

function pairSection({ from, to, comparison }: ReportDocument['pairs'][number]): string {
  const {
    a,
    b,
    interval,
    verdict,
    difference,
    waterfall: falls,
    choices,
    warnings,
    breakEven,
    sensitivities,
  } = comparison;
  const between = interval === null ? '' : `, 95 % interval ${signed(interval.low)} to ${signed(interval.high)}`;
  const shown = STAGES.flatMap((stage) =>
    falls.stages.filter((one) => one.stage === stage && Math.abs(one.cycles) >= 0.05),
  );
  return [
    `<section><h2>${markup(b)} against ${markup(a)}</h2>`,
    `<p><b>${verdict.word}</b>: ${signed(difference)} TSC cycles an access${between}; ${markup(verdict.why)}.</p>`,
    ...(choices.length === 0
      ? []
      : [`<p>Differs: ${markup(choices.map((one) => `${one.what} ${one.a} → ${one.b}`).join('; '))}.</p>`]),
    ...warnings.map((warning) => `<p>Note: ${markup(warning)}.</p>`),
    waterfall(
      `From ${a} to ${b}, TSC cycles an access by stage`,
      [a, comparison.costA],
      [b, comparison.costB],
      shown.map(({ stage, cycles }) => ({ name: stage, paint: stageClass(stage), change: cycles })),
    ),
    table(
      'Steps behind it, the largest change first',
      ['step', 'stage', number('times an access'), number('cycles an access'), 'price'],
      falls.steps.slice(0, STEPS_SHOWN).map(({ step, stage, times, cycles }) => {
        const price = (to.model.prices[step].kind === 'read' ? from : to).model.prices[step];
        return [
          step,
          stage,
          number(signed(times)),
          number(signed(cycles)),
          `${figure(price.value)} (${range(price)}, ${price.kind}): ${price.source}`,
        ];
      }),
    ),
    ...(sensitivities.length === 0
      ? []
      : [
          table(
            'Prices that move the difference, the most first: the difference with this price alone at its low and at its high end',
            ['step', number('at low'), number('at high'), 'kind', 'decides'],
            sensitivities
              .slice(0, STEPS_SHOWN)
              .map(({ step, atLow, atHigh, kind, decides }) => [
                step,
                number(signed(atLow)),
                number(signed(atHigh)),
                kind,
                decides ? 'yes' : 'no',
              ]),
          ),
        ]),
    ...(breakEven.length === 0
      ? []
      : [
          table(
            'Break-even: both cost the same if this step alone cost so much',
            ['step', number('cycles now'), number('equal at'), 'in its range'],
            breakEven
              .slice(0, STEPS_SHOWN)
              .map(({ step, now, price, inRange }) => [
                step,
                number(figure(now)),
                number(figure(price)),
                inRange ? 'yes' : 'no',
              ]),
          ),
        ]),
    '</section>',
  ].join('\n');
}

function divergenceSection({ runs }: ReportDocument): string {
  const rows = runs.flatMap(({ result }) =>
    result.divergences.map(({ kind, text, line, count, access }): Cells => [
      result.configuration.name,
      kind,
      number(integer(count)),
      number(line > 0 ? String(line) : ''),
      access,
      text,
    ]),
  );
  const heading = '<section><h2>Divergences from what the guest must observe</h2>';
  if (rows.length === 0) return `${heading}<p>None.</p></section>`;
  const titles: Cells = ['configuration', 'kind', number('times'), number('line'), 'access', 'what'];
  return [heading, table('Found by the reference beside the run', titles, rows), '</section>'].join('\n');
}

function phaseSection({ runs }: ReportDocument): string {
  const rows = runs.flatMap(({ result, model }) =>
    pricePhases(result, model).map((phase): Cells => [
      result.configuration.name,
      phase.name,
      number(integer(phase.accesses)),
      number(figure(phase.cycles.value)),
      number(range(phase.cycles)),
      number(figure(phase.exits)),
    ]),
  );
  if (rows.length === 0) return '';
  const titles: Cells = [
    'configuration',
    'phase',
    number('accesses'),
    number('cycles'),
    number('low to high'),
    number('exits'),
  ];
  return ['<section><h2>Phases</h2>', table('Means of an access', titles, rows), '</section>'].join('\n');
}
