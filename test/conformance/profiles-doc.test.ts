import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Profile } from '../../core/index.ts';
import {
  besideTable,
  commandList,
  headCount,
  placeOf,
  profileOf,
  triedTable,
  type WorkloadName,
  WORKLOADS,
} from './profile-tables.ts';
import { SEED_LISTINGS, type SeedListing } from './seed-003-listings.ts';

const PAGE = fileURLToPath(new URL('../../docs/profiles.md', import.meta.url));

let profiles: Record<WorkloadName, Profile>;
beforeAll(async () => {
  const found: [string, Profile][] = [];
  for (const name of Object.keys(WORKLOADS) as WorkloadName[]) found.push([name, await profileOf(name)]);
  profiles = Object.fromEntries(found) as Record<WorkloadName, Profile>;
}, 120_000);

/** `npx vitest run test/conformance/profiles-doc -u` writes the tables into the page. */
it('docs/profiles.md shows what its commands print', async () => {
  const blocks = {
    commands: commandList(),
    first: besideTable('first', profiles.first),
    second: besideTable('second', profiles.second),
    third: besideTable('third', profiles.third),
    tried: triedTable(profiles),
  };
  const current = Object.entries(blocks).reduce(
    (text, [name, block]) => {
      const place = new RegExp(`(<!-- table: ${name} -->\n\n)[^]*?(\n\n<!-- end -->)`);
      expect(text).toMatch(place);
      return text.replace(place, (_, open: string, close: string) => `${open}${block}${close}`);
    },
    readFileSync(PAGE, 'utf8'),
  );
  await expect(current).toMatchFileSnapshot(PAGE);
});

describe('the heads of the listings', () => {
  /** The first symbols of each, in their order. */
  it.each([
    ['first', 2],
    ['second', 3],
    ['third', 2],
  ] as const)('%s: the largest %i are the largest in the model, in the same order', (listing, largest) => {
    const names = SEED_LISTINGS[listing].slice(0, largest).map(([symbol]) => symbol);
    expect(profiles[listing].rows.slice(0, largest).map(({ symbol }) => symbol)).toEqual(names);
  });

  it.each([
    ['first', 6, 8],
    ['second', 7, 10],
    ['third', 6, 6],
  ] as const)(
    '%s: %i of its N symbols are among the first N of the model, %i among the first 2 N',
    (listing, n, twice) => {
      const { length } = SEED_LISTINGS[listing];
      expect(headCount(profiles[listing], listing, length)).toBeGreaterThanOrEqual(n);
      expect(headCount(profiles[listing], listing, 2 * length)).toBeGreaterThanOrEqual(twice);
    },
  );

  it('every symbol of theirs is in the profile beside it', () => {
    for (const listing of Object.keys(SEED_LISTINGS) as SeedListing[])
      for (const [symbol] of SEED_LISTINGS[listing])
        expect(placeOf(profiles[listing], symbol), symbol).toBeGreaterThan(0);
  });
});
