import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenText } from './golden-text.ts';
import { runScenario, scenarioNames } from './scenario-runs.ts';

// Every scenario's comparison, kept as text that a person can review. After a change that is meant to move figures:
// UPDATE_GOLDENS=1 npx vitest run --project golden
const UPDATE = process.env['UPDATE_GOLDENS'] === '1';
const fileOf = (name: string): URL => new URL(`./${name}.txt`, import.meta.url);

/** Numbers that stand alone in a text, without separators of thousands: not in names (4K, L2), sizes or addresses. */
const figuresIn = (text: string): string[] =>
  (text.match(/(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w-]|\.\d| [KMG]iB)/g) ?? []).map((figure) =>
    figure.replaceAll(',', ''),
  );

describe.each(scenarioNames)('%s', (name) => {
  it('says what its golden file says', async () => {
    const scenario = await runScenario(name);
    const text = goldenText(scenario);
    if (UPDATE) writeFileSync(fileOf(name), text);
    expect(existsSync(fileOf(name)), 'a new scenario: UPDATE_GOLDENS=1 npx vitest run --project golden').toBe(true);
    expect(text).toBe(readFileSync(fileOf(name), 'utf8'));

    const { question, claims, says } = scenario.description;
    expect(question).toMatch(/\?$/);
    expect(claims.length).toBeGreaterThan(0);
    expect(says.length).toBeGreaterThan(0);
    const known = new Set(figuresIn(text));
    const unknown = figuresIn(says.join(' ')).filter((figure) => !known.has(figure));
    expect(unknown, 'every figure of `says` must be in the golden file').toEqual([]);
  });
});

it('keeps no golden file without a scenario', () => {
  const kept = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.txt'));
  expect(kept.sort()).toEqual(scenarioNames.map((name) => `${name}.txt`).sort());
});
