import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { costTables } from './cost-model-tables.ts';

const PAGE = fileURLToPath(new URL('../../docs/cost-model.md', import.meta.url));

/** `npx vitest run test/conformance/cost-model-doc -u` writes the tables into the page. */
it('docs/cost-model.md shows the tables of the price lists and of runs', async () => {
  const current = Object.entries(costTables()).reduce(
    (text, [name, table]) => {
      const block = new RegExp(`(<!-- table: ${name} -->\n)[^]*?(<!-- end -->)`);
      expect(text).toMatch(block);
      return text.replace(block, (_, open: string, close: string) => `${open}${table}\n${close}`);
    },
    readFileSync(PAGE, 'utf8'),
  );
  await expect(current).toMatchFileSnapshot(PAGE);
}, 60_000);
