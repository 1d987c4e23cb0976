import { readFile } from 'node:fs/promises';
import {
  calibratedModel,
  findCpuModel,
  markPrediction,
  priceResult,
  type RunResult,
  type RunView,
} from '../../core/index.ts';
import { readCpuFile, type CpuFile } from '../report/cpu-file.ts';
import { last, type Given, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';

export const CPU_FILE_OPTION: OptionSpec = {
  name: 'cpu-file',
  argument: 'FILE',
  help: 'price with a calibrated CPU (exitlab calibrate) the runs on the CPU model it was made from',
};

/** The calibrated CPU that was asked for; null for none. */
export async function cpuFileOf(options: Given): Promise<CpuFile | null> {
  const path = last(options, 'cpu-file');
  if (path === undefined) return null;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new BadInput(`${path}: cannot be read`);
  }
  const read = readCpuFile(text);
  if (!read.ok) throw new BadInput(`${path}: ${read.error}`);
  return read.value;
}

/** Prices a result: by the calibrated CPU where it was run on that one's base, else by the CPU model itself. */
export function priceRun(result: RunResult, cpuFile: CpuFile | null): RunView {
  const base = findCpuModel(result.configuration.cpu);
  if (!base.ok) throw new BadInput(base.error);
  const calibrated = cpuFile !== null && cpuFile.base === base.value.id;
  const model = calibrated
    ? calibratedModel({ ...cpuFile, prices: { ...base.value.prices, ...cpuFile.prices } })
    : base;
  if (!model.ok) throw new BadInput(model.error);
  const priced = priceResult(result.paths, model.value);
  if (!priced.ok) throw new Error(priced.error);
  const view = { result, priced: priced.value, model: model.value };
  if (!calibrated) return view;
  const priors = new Map(Object.entries(base.value.prices));
  const equations = cpuFile.equations.map((row) => ({
    ...row,
    times: new Map(row.times),
  }));
  return { ...view, mark: markPrediction(priced.value, equations, priors) };
}
