import { describe, expect, it } from 'vitest';
import { fakeBench } from '../test/fake-bench.ts';
import { fakeLab } from '../test/fake-lab.ts';
import { titleOfScript } from './script-title.ts';

const words = (title: string) => ({ title, question: '', claims: [], says: [], selection: {} });

describe('what a script calls itself', () => {
  const lab = () =>
    fakeLab({
      check: ({ text }) => ({ diagnostics: [], scenario: text === 'broken' ? null : words(`title of ${text}`) }),
    });

  it('is known of the scenarios of the gallery, without a call', async () => {
    const asked = lab();
    const bench = fakeBench(asked);
    bench.gallery.setState({ scenarios: [{ id: 'a', text: 'A', ...words('Scenario A') }] });
    expect(await titleOfScript(bench, { name: 'a.ts', text: 'A' })).toBe('Scenario A');
    expect(asked.calls).toEqual([]);
  });

  it('is read by the lab for any other text', async () => {
    expect(await titleOfScript(fakeBench(lab()), { name: 'b.ts', text: 'B' })).toBe('title of B');
  });

  it("is the file's name where the text says nothing", async () => {
    expect(await titleOfScript(fakeBench(lab()), { name: 'b.ts', text: 'broken' })).toBe('b.ts');
  });
});
