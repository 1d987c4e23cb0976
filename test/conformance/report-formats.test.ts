import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'csv-parse/sync';
import { parquetReadObjects } from 'hyparquet';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Draws, longRows, reportDocument, REPORT_FORMATS, wrap, type ReportDocument } from '../../core/index.ts';
import { printPdf } from '../../host/report/pdf.ts';
import { parquetBytes } from '../../host/report/parquet.ts';
import { CHROMIUM, FLAGS, NOT_RUN, SKIPPED } from '../e2e/window/chromium.ts';
import { runScenario } from '../golden/scenario-runs.ts';

// Every format is read back by something that is not ours.

let report: ReportDocument;
let folder: string;

beforeAll(async () => {
  const { file, description, runs } = await runScenario('doorbell-read-hazard');
  const { title, question, claims, says } = description;
  const script = '// <script>alert(1)</script> & "quotes" in a comment\n';
  report = reportDocument({ scenario: { file, title, question, claims, says }, script, version: '0.1.0', runs });
  folder = mkdtempSync(join(tmpdir(), 'exitlab-report-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (id: string): string => REPORT_FORMATS.find((format) => format.id === id)!.write(report);
const names = (): string[] => report.runs.map(({ result }) => result.configuration.name);

describe('the mail', () => {
  it('has 72 columns of ASCII, and no line that mail programs change', () => {
    const lines = written('mail').split('\n');
    expect(lines.filter((line) => line.length > 72)).toEqual([]);
    expect(lines.filter((line) => /[^\u0020-\u007e]/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^(>|From |\.$)/.test(line))).toEqual([]);
  });

  it('survives being quoted three times and unquoted', () => {
    const text = written('mail');
    const quoted = text.split('\n').map((line) => (line === '' ? '>>>' : `>>> ${line}`));
    expect(Math.max(...quoted.map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(quoted.map((line) => line.replace(/^>>> ?/, '')).join('\n')).toBe(text);
  });

  it('names every configuration, the interval, the seed of the draws, the version and a command', () => {
    const text = written('mail');
    for (const name of names()) expect(text).toContain(name);
    expect(text).toContain('95 % interval');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('(seed 1;');
    expect(text).toContain('exitlab 0.1.0');
    expect(text).toMatch(/^ {2}exitlab compare scenarios\/doorbell-read-hazard\.ts --cpu/m);
  });
});

describe('the line that makes a report again', () => {
  it('has the baseline and how the intervals were drawn, where they were asked for', () => {
    const { scenario, script, version, runs, reproduce } = report;
    expect(reproduce).not.toMatch(/--(baseline|draws|draw-seed|correlation)/);
    const draws = new Draws({ draws: 200, seed: 7, correlation: 0 });
    const other = reportDocument({ scenario, script, version, runs, baseline: 1, draws });
    expect(other.reproduce).toBe(`${reproduce} --baseline '${names()[1]!}' --draws 200 --draw-seed 7 --correlation 0`);
  });
});

describe('CSV', () => {
  it('is read by a parser: every row of the long form, every value', () => {
    const rows: Record<string, string>[] = parse(written('csv'), { columns: true, record_delimiter: '\r\n' });
    const long = longRows(report);
    expect(rows.map(({ metric, part, value }) => [metric, part, Number(value)])).toEqual(
      long.map(({ metric, part, value }) => [metric, part, value]),
    );
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(long.map(({ kind }) => kind)));
  });
});

describe('JSON', () => {
  it('holds every run and every pair with what the document says of them', () => {
    const read = JSON.parse(written('json')) as {
      schema: string;
      runs: { configuration: { name: string; seed: number }; cycles: { perAccess: { value: number } } }[];
      differences: { to: string; interval: unknown; verdict: unknown }[];
    };
    expect(read.schema).toBe('exitlab.compare/1');
    expect(read.runs.map(({ configuration, cycles }) => [configuration.name, cycles.perAccess.value])).toEqual(
      report.runs.map(({ result, priced }) => [result.configuration.name, priced.perAccess.value]),
    );
    expect(read.differences.map(({ to, interval, verdict }) => ({ to, interval, verdict }))).toEqual(
      report.pairs.map(({ comparison: { b, interval, verdict } }) => ({ to: b, interval, verdict })),
    );
  });
});

describe('Parquet', () => {
  it('is read by hyparquet: every row of the long form with its types', async () => {
    const bytes = parquetBytes(report);
    const rows = await parquetReadObjects({ file: bytes.buffer as ArrayBuffer });
    expect(rows.map((row) => ({ ...row, seed: Number(row['seed']) }))).toEqual(longRows(report));
    expect(typeof rows[0]!['seed']).toBe('bigint');
  });
});

describe('benchstat lines', () => {
  // golang.org/design/14313-benchmark-format: a name, iterations, then pairs of value and unit; keys before them are `key: value`.
  it('keep the grammar of the Go benchmark data format', () => {
    for (const line of written('benchstat').trimEnd().split('\n')) {
      expect(line).toMatch(/^(?:[a-z][^\sA-Z:]*: \S.*|Benchmark[A-Z0-9]\S*\s+[1-9]\d*(?:\s+-?\d+(?:\.\d+)?\s+\S+)+)$/);
    }
    expect(written('benchstat').match(/^Benchmark/gm)).toHaveLength(report.runs.length);
  });
});

describe('the Chrome trace', () => {
  interface Slice {
    readonly ph: string;
    readonly pid: number;
    readonly tid: number;
    readonly ts: number;
    readonly dur: number;
    readonly cat: string;
    readonly args: { readonly cycles: number };
  }

  it('nests: slices of a thread lie inside each other or apart, in microseconds', () => {
    const { traceEvents } = JSON.parse(written('chrome-trace')) as { traceEvents: Slice[] };
    const slices = traceEvents.filter(({ ph }) => ph === 'X');
    expect(traceEvents.every(({ ph }) => ph === 'X' || ph === 'M')).toBe(true);
    for (const pid of new Set(slices.map((slice) => slice.pid))) {
      const open: number[] = [];
      const ordered = slices.filter((slice) => slice.pid === pid).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
      for (const { ts, dur } of ordered) {
        while (open.length > 0 && open.at(-1)! <= ts + 1e-9) open.pop();
        if (open.length > 0) expect(ts + dur).toBeLessThanOrEqual(open.at(-1)! + 1e-9);
        open.push(ts + dur);
      }
    }
    // An access of n cycles takes n / (GHz * 1000) microseconds.
    const { ghz } = report.runs[0]!.model;
    const access = slices.find(({ cat, pid }) => cat === 'access' && pid === 1)!;
    expect(access.dur).toBeCloseTo(access.args.cycles / (ghz * 1000), 5);
  });
});

describe('speedscope', () => {
  it('fits the published schema, and weighs what the runs cost', () => {
    const schema = createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json');
    const ajv = new Ajv({ strict: false });
    const isValid = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
    const file = JSON.parse(written('speedscope')) as { profiles: { weights: number[] }[] };
    expect(isValid(file), JSON.stringify(isValid.errors)).toBe(true);
    file.profiles.forEach(({ weights }, n) => {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      expect(Math.abs(sum / report.runs[n]!.priced.total.value - 1)).toBeLessThan(1e-9);
    });
  });
});

describe('stacks', () => {
  // flamegraph.pl, speedscope: frames joined by semicolons, a blank, a whole number; difffolded has two.
  it('are lines that flamegraph.pl reads', () => {
    const lines = written('collapsed').trimEnd().split('\n');
    expect(lines.filter((line) => !/^[^;\s]+(?:;[^;\s]+)* \d+$/.test(line))).toEqual([]);
    const both = written('difffolded').trimEnd().split('\n');
    expect(both.filter((line) => !/^[^;\s]+(?:;[^;\s]+)* \d+ \d+$/.test(line))).toEqual([]);
    expect(both.length).toBeGreaterThan(0);
  });
});

describe(`HTML${SKIPPED}`, () => {
  it.skipIf(NOT_RUN !== null)(
    'is drawn by Chromium without script, network or error, and holds every number in a table',
    async () => {
      const file = join(folder, 'report.html');
      writeFileSync(file, written('html'));
      const browser = await chromium.launch({ executablePath: CHROMIUM!, args: FLAGS });
      try {
        const page = await browser.newPage();
        const said: string[] = [];
        const asked: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        page.on('pageerror', (error) => said.push(error.message));
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(pathToFileURL(file).href);
        expect(asked).toEqual([pathToFileURL(file).href]);
        expect(said).toEqual([]);
        expect(await page.locator('script').count()).toBe(0);
        expect(await page.locator('svg').count()).toBe(1 + report.pairs.length);
        const heads = await page.locator('table').first().locator('tbody th').allTextContents();
        expect(heads).toEqual(names());
        expect(await page.locator('pre').last().textContent()).toBe(report.script);
      } finally {
        await browser.close();
      }
    },
  );
});

const NO_PDFTOTEXT = existsSync('/usr/bin/pdftotext')
  ? null
  : 'no pdftotext here: "node scripts/install-test-tools.ts" gets it or says how';

describe(`PDF${SKIPPED}${NO_PDFTOTEXT === null ? '' : ` (not run: ${NO_PDFTOTEXT})`}`, () => {
  it.skipIf(NOT_RUN !== null || NO_PDFTOTEXT !== null)('is read by pdftotext, and is tagged', async () => {
    const file = join(folder, 'report.pdf');
    writeFileSync(file, await printPdf(written('html')));
    const text = spawnSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).stdout;
    for (const name of names()) expect(text).toContain(name);
    for (const line of wrap(report.scenario.title, '', '', 40)) expect(text).toContain(line);
    expect(spawnSync('pdfinfo', [file], { encoding: 'utf8' }).stdout).toMatch(/^Tagged:\s+yes$/m);
  });
});
