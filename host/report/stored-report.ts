import { isDeepStrictEqual } from 'node:util';
import { basename } from 'node:path';
import {
  err,
  findCpuMachine,
  ok,
  priceResult,
  reportDocument,
  type CpuModel,
  type Draws,
  type LeftOut,
  type PricedRun,
  type ReportDocument,
  type Result,
  type RunResult,
} from '../../core/index.ts';
import type { CpuFile } from '../contract/cpu-file.ts';
import type { ResultFile } from '../contract/lab.ts';
import { scenarioWords } from '../lab/scenario-words.ts';
import { priceOn } from './kept-cpus.ts';

/** Which prices a stored result is shown with: those it was stored with, or those of this version. */
export type Prices = 'stored' | 'current';

/** A report from a result file: nothing is run. A configuration without a result is named with its reason. */
export function storedReport(
  file: ResultFile,
  baseline: string | null,
  prices: Prices,
  draws?: Draws,
  cpus: readonly CpuFile[] = [],
): Result<ReportDocument> {
  const runs: PricedRun[] = [];
  const leftOut: LeftOut[] = [];
  for (const [n, configuration] of file.run.configurations.entries()) {
    const outcome = file.run.outcomes[n];
    if (outcome === null || outcome === undefined) leftOut.push({ name: configuration.name, why: 'it was not run' });
    else if (!('result' in outcome)) leftOut.push({ name: configuration.name, why: outcome.message });
    else {
      const priced = pricedRun(file, outcome.result, configuration.cpu, prices, cpus);
      if (!priced.ok) return priced;
      runs.push(priced.value);
    }
  }
  if (runs.length === 0) return err('the stored run has no result');
  const names = runs.map(({ result }) => result.configuration.name);
  if (baseline !== null && !names.includes(baseline))
    return err(`there is no configuration '${baseline}'; there are ${names.join(', ')}`);
  const { script } = file.run;
  const words = scenarioWords(script.text);
  return ok(
    reportDocument({
      scenario: {
        file: script.name,
        title: words?.title ?? basename(script.name),
        question: words?.question ?? '',
        claims: words?.claims ?? [],
        says: words?.says ?? [],
      },
      script: script.text,
      version: file.version,
      runs,
      leftOut,
      baseline: baseline === null ? null : names.indexOf(baseline),
      ...(draws === undefined ? {} : { draws }),
    }),
  );
}

/**
 * Prices one stored result. Stored prices win over those of a host that is kept here under the same name, which may have been calibrated anew since;
 * its mark is shown where the two are the same.
 */
function pricedRun(
  file: ResultFile,
  result: RunResult,
  cpu: string,
  prices: Prices,
  cpus: readonly CpuFile[],
): Result<PricedRun> {
  const stored = file.prices[cpu];
  const known = priceOn({ cpu }, result, cpus);
  if (prices === 'current' || stored === undefined) return known;
  const model = known.ok ? known.value.model : storedModel(cpu);
  if (!('prices' in model)) return model;
  if (known.ok && known.value.mark !== undefined) {
    const kept: Readonly<Record<string, unknown>> = model.prices;
    const same = Object.entries(stored).every(([step, price]) => isDeepStrictEqual({ ...price }, kept[step]));
    if (same) return known;
  }
  const kept = known.ok && known.value.mark !== undefined ? storedModel(cpu) : model;
  if (!('prices' in kept)) return kept;
  const own = { ...kept, prices: { ...kept.prices, ...stored } };
  const priced = priceResult(result.paths, own);
  return priced.ok ? ok({ result, priced: priced.value, model: own }) : priced;
}

/** The CPU of a host that was calibrated elsewhere: its machine, under its own name. */
function storedModel(cpu: string): CpuModel | Result<never> {
  const machine = findCpuMachine(cpu);
  return machine.ok ? { ...machine.value, id: cpu, name: `${cpu} (calibrated, prices as stored)` } : machine;
}
