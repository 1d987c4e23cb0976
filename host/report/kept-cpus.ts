import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, findCpuModel, ok, priceCalibrated, priceResult, splitCpu } from '../../core/index.ts';
import type { CpuModel, Configuration, PathResult, PricedRun, Result, RunResult } from '../../core/index.ts';
import { readCpuFile, type CpuFile } from '../contract/cpu-file.ts';
import { dataFolder } from '../lab/data-folder.ts';

const ENDING = '.exitlab-cpu.json';

/** Folder of the calibrated hosts that are kept. */
export const cpusFolder = (folder: string = dataFolder()): string => join(folder, 'cpus');

/** Calibrated hosts that were kept, by name. A file that cannot be used is left out; `problems` has a sentence for each. */
export function keptCpus(folder: string): { readonly cpus: readonly CpuFile[]; readonly problems: readonly string[] } {
  const cpus: CpuFile[] = [];
  const problems: string[] = [];
  for (const file of namesIn(folder)) {
    const read = readCpuFile(textIn(join(folder, file)));
    if (read.ok) cpus.push(read.value);
    else problems.push(`${join(folder, file)}: ${read.error}`);
  }
  return { cpus, problems };
}

/** Keeps a calibrated host, in place of an older one of that name. */
export function keepCpu(folder: string, { host }: CpuFile, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${host.name}${ENDING}`);
  writeFileSync(`${path}.part`, text, { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

/** Forgets a calibrated host. */
export const forgetCpu = (folder: string, name: string): void =>
  rmSync(join(folder, `${name}${ENDING}`), { force: true });

/** Prices a run: by a calibrated host where its CPU says so (`haswell@host`), else by a CPU model. */
export function priceOn(
  configuration: Pick<Configuration, 'cpu'>,
  result: RunResult,
  cpus: readonly CpuFile[],
): Result<PricedRun> {
  const { cpu } = configuration;
  const { machine, prices } = splitCpu(cpu);
  const kept = cpus.find(({ host, base }) => host.name === prices && base === machine);
  if (kept !== undefined) {
    const found = priceCalibrated(result.paths, kept, cpu);
    return found.ok ? ok({ result, ...found.value }) : found;
  }
  return priceBy(result.paths, result, findCpuModel(cpu));
}

function priceBy(paths: readonly PathResult[], result: RunResult, model: Result<CpuModel>): Result<PricedRun> {
  if (!model.ok) return err(model.error);
  const priced = priceResult(paths, model.value);
  return priced.ok ? ok({ result, priced: priced.value, model: model.value }) : priced;
}

/** The price list of a CPU as a result file keeps it; null where it is not known. */
export function priceListOf(cpu: string, cpus: readonly CpuFile[]): CpuFile['prices'] | null {
  const { machine, prices } = splitCpu(cpu);
  const model = findCpuModel(cpu);
  if (model.ok) return { ...model.value.prices };
  const base = findCpuModel(machine);
  const kept = cpus.find(({ host, base: of }) => host.name === prices && of === machine);
  return base.ok && kept !== undefined ? { ...base.value.prices, ...kept.prices } : null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(ENDING))
      .sort();
  } catch {
    return [];
  }
}

function textIn(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
