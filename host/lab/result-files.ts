import type { CpuFile } from '../contract/cpu-file.ts';
import type { ResultFile, StoredRun } from '../contract/lab.ts';
import { priceListOf } from '../report/kept-cpus.ts';

/**
 * A start as a result file: with the price list of every CPU in it, so that it can be re-priced when models have changed. `cpus`: calibrated hosts
 * whose prices it may rest on.
 */
export function makeResultFile(run: StoredRun, version: string, cpus: readonly CpuFile[] = []): ResultFile {
  const ids = [...new Set(run.configurations.map(({ cpu }) => cpu))];
  const prices = Object.fromEntries(
    ids.flatMap((cpu) => {
      const list = priceListOf(cpu, cpus);
      return list === null ? [] : [[cpu, list]];
    }),
  );
  return { schema: 'exitlab.result/1', version, run, prices };
}
