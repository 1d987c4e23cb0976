import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConformance } from './conformance.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conformance-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(text: string) {
  const file = join(folder, 'vectors.json');
  await writeFile(file, text);
  return runConformance([file]);
}

const header = { kind: 'registration' };
const assign = { op: 'ioeventfd', addr: '0xd0000000', len: 4, flags: [], fd: 'e1' };
const oneCase = (setup: readonly unknown[], results: readonly unknown[]) =>
  JSON.stringify({ header, cases: [{ id: 'one', setup, expect: { results } }] });

describe('exitlab conformance', () => {
  it('counts what passes, fails and is skipped, and says why', async () => {
    const cases = [
      { id: 'good', setup: [assign, assign], expect: { results: [{ errno: 'OK' }, { errno: 'EEXIST' }] } },
      { id: 'bad', setup: [assign], expect: { results: [{ errno: 'EINVAL' }] } },
      { id: 'odd', setup: [{ op: 'teleport' }], expect: { results: [{}] } },
    ];
    const report = await run(JSON.stringify({ header, cases }));
    expect(report.lines).toEqual([
      'vectors.json: 1 passed, 1 failed, 1 skipped',
      '  skipped 1: the operation "teleport" is not known',
      '  failed bad: setup[0] ioeventfd: errno: expected "EINVAL", got "OK"',
    ]);
    expect(report.exitCode).toBe(1);
  });

  it('adds up several files', async () => {
    const report = await run(oneCase([assign], [{ errno: 'OK' }]));
    const twice = await runConformance([report.files[0]!.file, report.files[0]!.file]);
    expect(twice.lines.at(-1)).toBe('all files: 2 passed, 0 failed, 0 skipped');
  });

  it.each<[what: string, text: string, error: RegExp]>([
    ['an empty file', '', /^not valid JSON at line 1, column 1: the file ends too early/],
    [
      'a truncated file',
      oneCase([assign], [{ errno: 'OK' }]).slice(0, 80),
      /^not valid JSON at line 1, column 81: the file ends too early/,
    ],
    ['no JSON at all', 'hello', /^not valid JSON at line 1, column 1: "h" cannot stand here/],
    ['JSON of another kind', '[1, 2]', /^the file is not a JSON object/],
    ['no header', '{"cases": []}', /^field "header" is missing, not an object/],
    ['no cases', '{"header": {"kind": "x"}}', /^field "cases" is missing, not a list/],
    ['a case that is none', JSON.stringify({ header, cases: [7] }), /^case 1: it is not an object/],
    ['results that are too few', oneCase([assign, assign], [{ errno: 'OK' }]), /^case 1: 2 operations but 1 results/],
    ['an operation without a name', oneCase([{}], [{}]), /^case 1: field "op" is missing/],
    [
      'an address that is none',
      oneCase([{ ...assign, addr: 'here' }], [{}]),
      /^case 1 \("one"\): setup\[0\]: field "addr"/,
    ],
    [
      'a length that is negative',
      oneCase([{ ...assign, len: -4 }], [{}]),
      /field "len" is -4, not an unsigned number of 32/,
    ],
    [
      'an operand of 3 bytes',
      oneCase(
        [
          { op: 'boot', mode: 'long64' },
          { op: 'guest_write', addr: 0, len: 3, data: 0 },
        ],
        [{ errno: 'OK' }, {}],
      ),
      /setup\[1\]: field "len" is 3, not an operand size/,
    ],
  ])('says what is wrong with %s, and where', async (_what, text, error) => {
    const report = await run(text);
    expect([report.exitCode, report.lines]).toEqual([2, []]);
    expect(report.errors[0]).toContain('vectors.json: ');
    expect(report.files[0]!.error).toMatch(error);
  });

  it('names a file that is not there', async () => {
    const report = await runConformance([join(folder, 'none.json'), folder]);
    expect(report.exitCode).toBe(2);
    expect(report.errors[0]).toMatch(/none\.json: cannot be read: there is no such file$/);
    expect(report.errors[1]).toMatch(/: cannot be read: it is a directory$/);
  });
});
