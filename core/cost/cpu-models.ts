import { unknownName } from '../base/closest.ts';
import { err, ok } from '../base/result.ts';
import { haswell } from './models/haswell.ts';
import { iceLakeSp } from './models/ice-lake-sp.ts';
import { nehalem } from './models/nehalem.ts';
import { pciTestdev2013 } from './models/pci-testdev-2013.ts';
import { sandyBridge } from './models/sandy-bridge.ts';
import { sapphireRapids } from './models/sapphire-rapids.ts';
import { skylakeSp } from './models/skylake-sp.ts';
import { zen1 } from './models/zen1.ts';
import { zen2 } from './models/zen2.ts';
import { zen3 } from './models/zen3.ts';
import { zen4 } from './models/zen4.ts';
import type { Result } from '../base/result.ts';
import type { CpuModel } from './cpu-model.ts';

/** Every CPU model, Intel then AMD, old to new, then the fitted one. */
export const cpuModels: readonly CpuModel[] = [
  nehalem,
  sandyBridge,
  haswell,
  skylakeSp,
  iceLakeSp,
  sapphireRapids,
  zen1,
  zen2,
  zen3,
  zen4,
  pciTestdev2013,
];

/**
 * The CPU that a run is made on: what stands before an `@`. `haswell@skylake-sp` counts as a Haswell does and is priced as a Skylake-SP; behind
 * the `@` may stand a calibrated host, too, whose prices are not in the core.
 */
export const findCpuMachine = (id: string): Result<CpuModel> => findNamed(splitCpu(id).machine);

/** `haswell@host` in its parts; `prices` null where the CPU's own are meant. */
export function splitCpu(id: string): { readonly machine: string; readonly prices: string | null } {
  const at = id.indexOf('@');
  return at < 0 ? { machine: id, prices: null } : { machine: id.slice(0, at), prices: id.slice(at + 1) };
}

/** The model of a command-line name with its prices, or a sentence that lists the names. */
export function findCpuModel(id: string): Result<CpuModel> {
  const { machine, prices } = splitCpu(id);
  const model = findNamed(machine);
  if (!model.ok || prices === null) return model;
  const other = findNamed(prices);
  if (!other.ok) return err(`the prices of '${prices.slice(0, 60)}' are not known here: ${other.error}`);
  if (other.value.vendor !== model.value.vendor)
    return err(`${model.value.name} cannot be priced as ${other.value.name}: they take other steps`);
  const name = `${model.value.name} at the prices of ${other.value.name}`;
  return ok({ ...model.value, id, name, ghz: other.value.ghz, prices: other.value.prices });
}

function findNamed(id: string): Result<CpuModel> {
  const model = cpuModels.find((candidate) => candidate.id === id);
  if (model !== undefined) return ok(model);
  return err(
    unknownName(
      'CPU',
      id,
      cpuModels.map((candidate) => candidate.id),
    ),
  );
}
