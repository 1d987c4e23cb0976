import { basename } from 'node:path';
import {
  err,
  findCpuModel,
  ok,
  priceResult,
  reportDocument,
  type CpuModel,
  type Draws,
  type LeftOut,
  type PricedRun,
  type ReportDocument,
  type Result,
} from '../../core/index.ts';
import type { ResultFile } from '../contract/lab.ts';
import { scenarioWords } from '../lab/scenario-words.ts';

/** Which prices a stored result is shown with: those it was stored with, or those of this version. */
export type Prices = 'stored' | 'current';

/** A report from a result file: nothing is run. A configuration without a result is named with its reason. */
export function storedReport(
  file: ResultFile,
  baseline: string | null,
  prices: Prices,
  draws?: Draws,
): Result<ReportDocument> {
  const runs: PricedRun[] = [];
  const leftOut: LeftOut[] = [];
  for (const [n, configuration] of file.run.configurations.entries()) {
    const outcome = file.run.outcomes[n];
    if (outcome === null || outcome === undefined) leftOut.push({ name: configuration.name, why: 'it was not run' });
    else if (!('result' in outcome)) leftOut.push({ name: configuration.name, why: outcome.message });
    else {
      const model = modelOf(file, configuration.cpu, prices);
      if (!model.ok) return model;
      const priced = priceResult(outcome.result.paths, model.value);
      if (!priced.ok) return priced;
      runs.push({ result: outcome.result, priced: priced.value, model: model.value });
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

function modelOf(file: ResultFile, id: string, prices: Prices): Result<CpuModel> {
  const model = findCpuModel(id);
  if (!model.ok) return model;
  const stored = file.prices[id];
  if (prices === 'current' || stored === undefined) return model;
  return ok({ ...model.value, prices: { ...model.value.prices, ...stored } });
}
