import { findCpuModel } from '../../cost/cpu-models.ts';
import type { CpuModel } from '../../cost/cpu-model.ts';
import { exitTestPath } from '../calibration/unit-test-exits.ts';
import { parseConfigurations, type Selection } from '../configurations.ts';
import { type Bounds, priceResult } from '../pricing.ts';
import type { Configuration } from '../result.ts';

/** The one configuration of a selection; what is asked for here exists. */
export function configurationOf(selection: Selection): Configuration {
  const found = parseConfigurations({ designs: ['userspace'], ...selection });
  if (!found.ok) throw new Error(found.error);
  return found.value[0]!;
}

/** A CPU model that exists. */
export function modelOf(id: string): CpuModel {
  const model = findCpuModel(id);
  if (!model.ok) throw new Error(model.error);
  return model.value;
}

/** TSC cycles of one iteration of a test of vmexit.flat. */
export function exitCost(
  test: string,
  configuration: Configuration,
  model: CpuModel = modelOf(configuration.cpu),
): Bounds {
  const path = exitTestPath(test, configuration);
  if (!path.ok) throw new Error(path.error);
  const priced = priceResult([{ ...path.value, count: 1 }], model);
  if (!priced.ok) throw new Error(priced.error);
  return priced.value.total;
}
