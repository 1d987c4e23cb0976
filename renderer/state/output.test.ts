import { describe, expect, it } from 'vitest';
import { parseConfigurations } from '../../core/index.ts';
import { outputOf } from './output.ts';
import { newEntry, withMessage, type BenchRun, type RunEntry } from './run.ts';

const parsed = parseConfigurations({ mmus: ['ept'], designs: ['pio', 'fast-mmio', 'userspace'] });
if (!parsed.ok) throw new Error(parsed.error);
const fresh = parsed.value.map(newEntry);
const [first, second, third] = fresh.map(({ configuration }) => configuration.name);
const said = (entry: RunEntry, ...lines: string[]): RunEntry => lines.reduce(withMessage, entry);
const run = (entries: readonly RunEntry[], text = 'one'): BenchRun => ({
  runId: text,
  documentId: 'a',
  script: { name: 'a.ts', text },
  options: { check: true, events: 0, seconds: 0 },
  entries,
  state: 'done',
  elapsedMs: 0,
  restored: false,
});
const kept = (entry: RunEntry): RunEntry => ({ ...entry, outcome: { cached: true } as never });

describe('the output of a script', () => {
  it('is what it said, in order, and where', () => {
    const entries = [said(fresh[0]!, 'one', 'two'), said(fresh[1]!, 'three'), fresh[2]!];
    expect(outputOf(run(entries))).toEqual([
      { text: 'one', where: first },
      { text: 'two', where: first },
      { text: 'three', where: second },
    ]);
  });

  it('stands once where several configurations said the same', () => {
    expect(outputOf(run(fresh.map((entry) => said(entry, 'hello', 'hello'))))).toEqual(
      Array.from({ length: 2 }, () => ({ text: 'hello', where: 'all 3 configurations' })),
    );
    expect(outputOf(run([said(fresh[0]!, 'x'), fresh[1]!, said(fresh[2]!, 'x')]))).toEqual([
      { text: 'x', where: `${first}, ${third}` },
    ]);
  });

  it('of a configuration that did not run again is that of the run before, of the same text only', () => {
    const before = run([said(fresh[0]!, 'hello')]);
    expect(outputOf(run([kept(fresh[0]!)]), [before])).toEqual([{ text: 'hello', where: first }]);
    expect(outputOf(run([kept(fresh[0]!)], 'another'), [before])).toEqual([]);
    expect(outputOf(run([fresh[0]!]), [before])).toEqual([]);
  });
});
