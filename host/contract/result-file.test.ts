import { describe, expect, it } from 'vitest';
import { readResultFile } from './result-file.ts';

const run = { runId: 'r', script: { name: 'a', text: '' }, options: { check: true, events: 0, seconds: 0 } };
const file = {
  schema: 'exitlab.result/1',
  version: '0.1.0',
  run: { ...run, configurations: [], outcomes: [] },
  prices: {},
};

describe('a result file', () => {
  it('is read', () => {
    expect(readResultFile(JSON.stringify(file))).toEqual({ ok: true, value: file });
  });

  it.each<[string, string, RegExp]>([
    ['cut off', JSON.stringify(file).slice(0, -9), /damaged/],
    ['empty', '', /damaged/],
    ['of something else', '{"schema":"package/1"}', /not a result file/],
    ['a list', '[]', /not a result file/],
    ['with a part missing', JSON.stringify({ ...file, run: { ...run } }), /damaged at run\.configurations/],
    [
      'with a script that is no text',
      JSON.stringify({ ...file, run: { ...file.run, script: 1 } }),
      /damaged at run\.script/,
    ],
    [
      'from the future',
      JSON.stringify({ ...file, schema: 'exitlab.result/2', run: 'unheard of' }),
      /later version .*exitlab\.result\/2/,
    ],
    ['from a far future', JSON.stringify({ ...file, schema: 'exitlab.result/10' }), /later version/],
  ])('that is %s is refused with a sentence', (_what, text, sentence) => {
    const read = readResultFile(text);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.error).toMatch(sentence);
  });
});
