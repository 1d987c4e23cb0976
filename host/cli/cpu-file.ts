import { readFile } from 'node:fs/promises';
import { priceCalibrated, splitCpu, type RunResult, type RunView } from '../../core/index.ts';
import { readCpuFile, type CpuFile } from '../contract/cpu-file.ts';
import { cpusFolder, keptCpus, priceOn } from '../report/kept-cpus.ts';
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

/**
 * Prices a result: by the calibrated CPU that was given where it was run on that one's base; else by what the configuration's CPU says, which may
 * be another model's prices or a host kept by the window (`haswell@my-host`).
 */
export function priceRun(result: RunResult, cpuFile: CpuFile | null): RunView {
  const { cpu } = result.configuration;
  if (cpuFile !== null && cpuFile.base === cpu) {
    const calibrated = priceCalibrated(result.paths, cpuFile, cpuFile.host.name);
    if (!calibrated.ok) throw new BadInput(calibrated.error);
    return { result, ...calibrated.value };
  }
  const { cpus } = splitCpu(cpu).prices === null ? { cpus: [] } : keptCpus(cpusFolder());
  const priced = priceOn(result.configuration, result, cpus);
  if (!priced.ok) throw new BadInput(priced.error);
  return priced.value;
}
