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

/** The model of a command-line name, or a sentence that lists the names. */
export function findCpuModel(id: string): Result<CpuModel> {
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
