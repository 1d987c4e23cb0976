import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { gallerySection } from './gallery-page.ts';
import { describeScenario, scenarioNames } from './scenario-runs.ts';

/** The order of the page: from the first question to the parts it rests on. */
const ORDER = [
  'doorbell',
  'doorbell-first-touch',
  'doorbell-read-hazard',
  'page-crossing-kick',
  'many-doorbells',
  'datamatch-chain',
  'readonly-flash',
  'page-fault-tax',
  'memslot-churn',
  'nested-host',
  'dirty-logging',
  'walk-references',
  'walk-references-la57',
  'tlb-reach',
  'demand-paging',
  'pte-write-flood',
  'copy-on-write',
  'fork-exec',
  'process-switch',
  'kernel-build',
  'ept-against-shadow',
  'guest-32-bit',
  'mmio-bypass',
  'invd-loop',
  'pku-guest',
  'mmio-kick-no-gain',
  'tsc-deadline',
  'hlt-wake',
  'halt-polling',
  'timer-and-io',
  'tdx-external-interrupt',
  'ipi-ping-pong',
  'shootdown',
  'overcommit',
  'mmu-lock-stress',
  'device-bring-up',
];

const UPDATE = process.env['UPDATE_GOLDENS'] === '1';
const ROOT = new URL('../../', import.meta.url);
const textOf = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

it('docs/scenarios.md says of each scenario what the scenario says', async () => {
  const file = 'docs/scenarios.md';
  const marker = '<!-- scenarios -->\n';
  const page = textOf(file);
  const sections: string[] = [];
  expect([...ORDER].sort()).toEqual(scenarioNames);
  for (const name of ORDER) sections.push(gallerySection(name, (await describeScenario(name)).description));
  const wanted = page.slice(0, page.indexOf(marker) + marker.length) + sections.join('');
  if (UPDATE) writeFileSync(new URL(file, ROOT), wanted);
  expect(textOf(file), 'UPDATE_GOLDENS=1 npx vitest run --project golden').toBe(wanted);
});

/** Rows of the table that README shows; the others stand for more of the same. */
const SHOWN =
  /^(ept\/(userspace|wildcard|fast-mmio|pio|rfc-violation|bad-page|write-mostly|ro-emulated)|npt\/(wildcard|pio|svm-fast-mmio)) /;

/** The part of the doorbell scenario's output that README shows: some rows, and the divergences of the first group. */
function excerpt(golden: string): string {
  const lines = golden.split('\n');
  const table = lines
    .slice(
      0,
      lines.findIndex((line) => line.startsWith('An access')),
    )
    .filter((line) => !/^[en]pt\//.test(line) || SHOWN.test(line));
  const divergences = lines.slice(lines.findIndex((line) => line.startsWith('Divergences')));
  const second = divergences.findIndex((line, n) => n > 1 && /^ {2}\S/.test(line));
  return [...table, '...', ...divergences.slice(0, second), '...'].join('\n');
}

it('README.md shows a part of what the doorbell scenario prints', () => {
  const block = /<!-- output -->\n```text\n[^]*?\n```\n/;
  const wanted = `<!-- output -->\n\`\`\`text\n${excerpt(textOf('test/golden/doorbell.txt'))}\n\`\`\`\n`;
  if (UPDATE)
    writeFileSync(
      new URL('README.md', ROOT),
      textOf('README.md').replace(block, () => wanted),
    );
  expect(block.exec(textOf('README.md'))?.[0], 'UPDATE_GOLDENS=1 npx vitest run --project golden').toBe(wanted);
});
