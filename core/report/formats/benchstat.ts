import type { ReportDocument } from '../report-document.ts';

/** A name as the Go benchmark format takes it: no blanks; `/` parts sub-benchmarks and `=` keys from values. */
const word = (text: string): string => text.replaceAll(/[^\w.+:-]+/g, '_');

/** The scenario's title in camel case. */
const benchmarkName = (title: string): string =>
  `Benchmark${title
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('')}`;

/**
 * Lines in the Go benchmark data format (golang.org/design/14313-benchmark-format), one a run, so that benchstat can pivot them by key. A run is deterministic: there is one
 * line and no spread to test; the uncertainty of the prices is in the low and high columns.
 */
export function benchstatText({ scenario, version, runs, draws }: ReportDocument): string {
  const lines = runs.map(({ result, priced }) => {
    const { cpu, mmu, kernel, design, mitigations, hostPage, vpid, nestedHost, seed, switches } = result.configuration;
    const keys: [string, string][] = [
      ['cpu', cpu],
      ['mmu', mmu],
      ['kernel', kernel],
      ['design', design],
      ['mitigations', mitigations],
      ['hostpage', hostPage],
      ['vpid', String(vpid)],
      ['nestedhost', String(nestedHost)],
      ['seed', String(seed)],
      ...Object.entries(switches).map(([name, value]): [string, string] => [name, String(value)]),
    ];
    const name = [benchmarkName(scenario.title), ...keys.map(([key, value]) => `${key}=${word(value)}`)].join('/');
    const { value, low, high } = priced.perAccess;
    const exits = Object.values(result.exits).reduce((sum, count) => sum + count, 0);
    const per = (count: number): string => number(result.accesses === 0 ? 0 : count / result.accesses);
    return [
      name,
      String(Math.max(1, result.accesses)),
      `${number(value)} cycles/op`,
      `${number(low)} cycles-low/op`,
      `${number(high)} cycles-high/op`,
      `${per(exits)} exits/op`,
      `${per(result.userspaceExits)} userspace-exits/op`,
    ].join('\t');
  });
  const head = [`exitlab: ${version}`, `scenario: ${word(scenario.file)}`, `drawseed: ${draws.options.seed}`];
  return `${[...head, ...lines].join('\n')}\n`;
}

/** Six significant digits, never an exponent. */
function number(value: number): string {
  const rounded = Number(value.toPrecision(6));
  return Math.abs(rounded) >= 1e21
    ? BigInt(rounded).toString()
    : Math.abs(rounded) < 1e-6
      ? rounded.toFixed(9)
      : String(rounded);
}
