import { cpuModels, findCpuModel, parseMitigations } from '../../core/index.ts';
import { cpuFileText, readCpuFile, type CpuFile } from '../contract/cpu-file.ts';
import type { LabParams, LabReply } from '../contract/lab.ts';
import { fitHost } from '../report/fit-host.ts';
import { forgetCpu, keepCpu, keptCpus } from '../report/kept-cpus.ts';
import { failed } from './failed.ts';

/** Prices that are fitted to hosts, and the hosts that are kept. */
export class Calibrations {
  private readonly folder: string;
  private readonly version: string;
  private known: ReturnType<typeof keptCpus> | null = null;

  constructor(folder: string, version: string) {
    this.folder = folder;
    this.version = version;
  }

  /** Calibrated hosts that are kept. */
  cpus(): readonly CpuFile[] {
    return this.list().cpus;
  }

  list(): LabReply<'cpus.list'> {
    return (this.known ??= keptCpus(this.folder));
  }

  calibrate(asked: LabParams<'calibrate'>): LabReply<'calibrate'> {
    const { text, base, name, cpu, microcode, hostKernel, ghz, kernel, mitigations } = asked;
    const model = findCpuModel(base);
    if (!model.ok) throw failed('refused', model.error);
    refuseTaken(name);
    const choice = parseMitigations(mitigations);
    if (!choice.ok) throw failed('refused', choice.error);
    const host = { name, cpu: cpu === '' ? 'unnamed CPU' : cpu, microcode, kernel: hostKernel, mitigations };
    const fitted = fitHost(text, { ...host, ghz: ghz ?? model.value.ghz }, { base, kernel });
    if (!fitted.ok) throw refusedAt(fitted.error);
    const { calibration, measured } = fitted.value;
    const made = cpuFileText(calibration, this.version);
    const file = readCpuFile(made);
    if (!file.ok) throw failed('crashed', file.error);
    const moved = calibration.fit.prices
      .filter(({ learned, held }) => learned >= 0.01 || held)
      .map(({ step, prior, value, sigma, learned, held }) => ({
        step,
        before: prior.value,
        value,
        sigma,
        settled: learned,
        held,
        source: calibration.prices[step].source,
      }));
    return {
      file: file.value,
      text: made,
      moved,
      inseparable: calibration.fit.inseparable.map((group) => [...group]),
      entangled: calibration.fit.entangled.map((group) => [...group]),
      unused: measured.unused.map((row) => ({ ...row })),
    };
  }

  keep({ text }: LabParams<'cpus.keep'>): void {
    const file = readCpuFile(text);
    if (!file.ok) throw failed('refused', file.error);
    refuseTaken(file.value.host.name);
    try {
      keepCpu(this.folder, file.value, text);
    } catch (error) {
      throw failed('refused', `the calibrated host could not be kept: ${(error as Error).message}`);
    }
    this.known = null;
  }

  forget({ name }: LabParams<'cpus.forget'>): void {
    forgetCpu(this.folder, name);
    this.known = null;
  }
}

/** A host must not be taken for a model of the program's. */
function refuseTaken(name: string): void {
  if (cpuModels.some(({ id }) => id === name))
    throw failed('refused', `${name} is the name of a CPU model: take another`);
}

/** A refusal that begins with its line, as one with a place. */
function refusedAt(sentence: string): Error {
  const error = failed('refused', sentence);
  const line = Number(/^line (\d+):/.exec(sentence)?.[1] ?? 0);
  return Object.assign(error, { failure: { ...error.failure, line } });
}
