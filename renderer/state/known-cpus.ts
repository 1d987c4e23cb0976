import { createStore } from 'zustand/vanilla';
import { findCpuMachine, splitCpu } from '../../core/index.ts';
import type { Lab, LabReply, ResultFile } from '../../host/contract/lab.ts';

type CpuFile = LabReply<'cpus.list'>['cpus'][number];

/** Prices that are not the program's own: of hosts that were calibrated. */
export interface KnownCpus {
  /** Kept by the lab; each can be chosen as a CPU, as `base@name`. */
  readonly kept: readonly CpuFile[];
  /** Price lists that came with a result, by the CPU's id. */
  readonly stored: ResultFile['prices'];
}

/** One for the window: what a CPU costs does not depend on who asks. */
export const knownCpus = createStore<KnownCpus>(() => ({ kept: [], stored: {} }));

/** Asks the lab for the calibrated hosts; sentences for those that could not be read. */
export async function loadCpus(lab: Lab): Promise<readonly string[]> {
  const { cpus, problems } = await lab.call('cpus.list', {});
  knownCpus.setState({ kept: cpus });
  return problems;
}

/** Remembers the price lists of a result for CPUs that are calibrated hosts. */
export function rememberPrices({ prices }: ResultFile): void {
  const calibrated = Object.entries(prices).filter(([cpu]) => splitCpu(cpu).prices !== null);
  if (calibrated.length === 0) return;
  knownCpus.setState(({ stored }) => ({ stored: { ...stored, ...Object.fromEntries(calibrated) } }));
}

/** A calibrated host as a CPU to choose. */
export const cpuOptions = ({ kept }: KnownCpus): { id: string; title: string; about: string }[] =>
  kept.map(({ host, base }) => {
    const machine = findCpuMachine(base);
    const name = machine.ok ? machine.value.name : base;
    return { id: `${base}@${host.name}`, title: host.name, about: `${host.cpu}, calibrated from ${name}` };
  });

/** True for a CPU that is one of the program's, by itself or at other prices. */
export const isCpu = (id: string): boolean => findCpuMachine(id).ok;
