import { findCpuModel } from '../../core/index.ts';
import type { ResultFile, StoredRun } from '../contract/lab.ts';

/** A start as a result file: with the price list of every CPU model in it, so that it can be re-priced when models have changed. */
export function makeResultFile(run: StoredRun, version: string): ResultFile {
  const cpus = [...new Set(run.configurations.map(({ cpu }) => cpu))];
  const prices = Object.fromEntries(
    cpus.flatMap((cpu) => {
      const model = findCpuModel(cpu);
      return model.ok ? [[cpu, { ...model.value.prices }]] : [];
    }),
  );
  return { schema: 'exitlab.result/1', version, run, prices };
}
