import type { Claim, Uncovered } from '../experiment/claims/claim.ts';
import { WITHIN } from '../experiment/claims/claim.ts';
import { reasonFor } from '../experiment/claims/reasons.ts';
import { figure } from './numbers.ts';
import { table, wrap } from './table.ts';

const percentOf = (error: number | null): string =>
  error === null ? '' : `${error > 0 ? '+' : ''}${(error * 100).toFixed(1).replace(/^-0\.0$/, '0.0')} %`;

/** Checked claims in 80 columns. */
export function claimsText(claims: readonly Claim[], uncovered: readonly Uncovered[]): string {
  const checked = claims.map((claim) => ({ claim, found: claim.check() }));
  const figures = checked.filter(({ claim }) => claim.published !== null);
  const lines = [
    'Published figures, TSC cycles',
    ...table(
      [
        { title: 'id' },
        { title: 'what' },
        { title: 'published', align: 'right' },
        { title: 'model', align: 'right' },
        { title: 'error', align: 'right' },
        { title: 'role' },
      ],
      figures.map(({ claim, found }) => [
        claim.id,
        claim.says.replace(/: [\d ]*(to )?\d* cycles$/, '').slice(0, 44),
        String(claim.published),
        figure(found.model!.value),
        percentOf(found.error),
        `${claim.role}${found.holds ? '' : ' (off)'}`,
      ]),
    ),
    '',
    ...wrap(
      `predicted: by the unchanged model of a CPU that may not be the one measured. left out: by prices fitted to the other rows of the same table. fitted: the figure ` +
        `set a price, so agreement proves nothing. off: more than ${WITHIN * 100} % away.`,
    ),
    '',
    'Claims in words',
    ...checked
      .filter(({ claim }) => claim.published === null)
      .flatMap(({ claim, found }) => [
        ...wrap(`${claim.id}: ${claim.says} (${claim.source}).`, '    ', '  '),
        ...wrap(`${found.holds ? 'Holds' : 'Does not hold'} in the model: ${found.words}.`, '    ', '    '),
      ]),
    '',
    'Not covered',
    ...uncovered.flatMap(({ id, says, why }) => wrap(`${id}: ${says}: ${why}.`, '    ', '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`);

/** The same as a page of the docs. */
export function claimsPage(claims: readonly Claim[], uncovered: readonly Uncovered[]): string {
  const checked = claims.map((claim) => ({ claim, found: claim.check() }));
  const rows = checked
    .filter(({ claim }) => claim.published !== null)
    .map(
      ({ claim, found }) =>
        `| ${claim.id} | ${cell(claim.says)} | ${claim.published} | ${figure(found.model!.value)} | ${percentOf(found.error)} | ${claim.role} | ${found.holds ? 'yes' : 'no'} | ${cell(claim.source)} |`,
    );
  const worded = checked
    .filter(({ claim }) => claim.published === null)
    .map(
      ({ claim, found }) =>
        `| ${claim.id} | ${cell(claim.says)} | ${found.holds ? 'yes' : 'no'} | ${cell(found.words)} | ${cell(claim.source)} |`,
    );
  return [
    '# Claims',
    '',
    'Every published figure and worded claim that the model covers, checked. This page is made by `npx exitlab claims --markdown -o docs/claims.md`;',
    '`npx vitest run test/conformance/claims` fails when it is behind.',
    '',
    '## Figures',
    '',
    'TSC cycles. *predicted*: by the unchanged model of a CPU that may not be the one measured. *left out*: by prices fitted to the other rows of the',
    `same table. *fitted*: the figure set a price of the model, so agreement proves nothing. A prediction holds within ${WITHIN * 100} %; one that does not is listed, not tuned away.`,
    '',
    '| id | what | published | model | error | role | holds | source |',
    '| --- | --- | ---: | ---: | ---: | --- | --- | --- |',
    ...rows,
    '',
    '## In words',
    '',
    '| id | claim | holds | what the model says | source |',
    '| --- | --- | --- | --- | --- |',
    ...worded,
    '',
    '## Off, and why',
    '',
    '| id | role | published | model | why |',
    '| --- | --- | ---: | ---: | --- |',
    ...checked
      .filter(({ found }) => !found.holds)
      .map(
        ({ claim, found }) =>
          `| ${claim.id} | ${claim.role} | ${claim.published ?? ''} | ${found.model === null ? '' : figure(found.model.value)} | ${cell(reasonFor(claim.id, claim.role) ?? '')} |`,
      ),
    '',
    '## Not covered',
    '',
    '| id | what | why |',
    '| --- | --- | --- |',
    ...uncovered.map(({ id, says, why }) => `| ${id} | ${cell(says)} | ${cell(why)} |`),
    '',
  ].join('\n');
}
