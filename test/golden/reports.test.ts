import { describe, expect, it } from 'vitest';
import { reportDocument, REPORT_FORMATS, type ReportDocument } from '../../core/index.ts';
import { runScenario } from './scenario-runs.ts';

// Reports of three scenarios, kept whole. After a change that is meant to move them: npx vitest run test/golden/reports -u
const SCENARIOS = ['doorbell-read-hazard', 'nested-host', 'page-crossing-kick'];
const KEPT = ['mail', 'markdown', 'benchstat'];

const document = async (name: string): Promise<ReportDocument> => {
  const { file, description, runs } = await runScenario(name);
  const { title, question, claims, says } = description;
  // A fixed version and no script: the golden is of the report's form, not of the program's age.
  return reportDocument({ scenario: { file, title, question, claims, says }, script: '', version: '0.0.0', runs });
};

describe.each(SCENARIOS)('the report of %s', (name) => {
  it('says what its golden files say, byte for byte, in any time zone', async () => {
    const report = await document(name);
    const zone = process.env['TZ'];
    for (const format of REPORT_FORMATS.filter(({ id }) => KEPT.includes(id))) {
      process.env['TZ'] = 'Pacific/Apia';
      const text = format.write(report);
      process.env['TZ'] = 'America/Los_Angeles';
      expect(format.write(report)).toBe(text);
      await expect(text).toMatchFileSnapshot(`./reports/${name}.${format.id}`);
    }
    process.env['TZ'] = zone;
  });
});
