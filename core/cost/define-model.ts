import { assert } from '../base/assert.ts';
import { scaledPrices } from './scale.ts';
import type { Cited, CpuModel } from './cpu-model.ts';
import type { Hardware } from './prices/hardware.ts';
import type { Prices } from './prices/price-list.ts';

/** What a model file says: all but the price list, which follows from the anchors. */
interface ModelData extends Omit<CpuModel, 'prices'> {
  readonly hardware: Omit<Hardware, 'vendor' | 'hwx'>;
  /** Speed of kernel code against the base machine (0.5: half the cycles). */
  readonly work: Cited;
  /** Steps whose price is known better than by scaling. */
  readonly overrides?: Partial<Prices>;
}

/** Builds a CPU model: hardware numbers as they are, software prices scaled to the anchors, then the overrides. */
export function defineModel({ hardware, work, overrides, ...rest }: ModelData): CpuModel {
  assert(rest.anchors.lxSetting.frame.vendor === rest.vendor, `${rest.id}: anchors of the other vendor`);
  const silicon: Hardware = { ...hardware, vendor: rest.vendor, hwx: rest.anchors.hwx };
  return { ...rest, prices: scaledPrices(silicon, rest.anchors, work, overrides) };
}

const FIRST_GENERATION: CpuModel['features'] = {
  pml: false,
  eptAd: false,
  executeOnly: true,
  p1g: false,
  nrips: false,
  decodeAssists: false,
  smep: false,
  smap: false,
  pku: false,
  la57: false,
  pcid: false,
  vpid: true,
};

/** Features of an Intel generation: those of Nehalem and the ones named. Which generation brought which is recalled from the manual. */
export const intelFeatures = (...has: (keyof CpuModel['features'])[]): CpuModel['features'] => ({
  ...FIRST_GENERATION,
  ...Object.fromEntries(has.map((name) => [name, true])),
});

/** Features of a Zen generation: those of Zen 1 and the ones named. */
export const zenFeatures = (...has: (keyof CpuModel['features'])[]): CpuModel['features'] => ({
  ...FIRST_GENERATION,
  executeOnly: false,
  eptAd: true,
  p1g: true,
  nrips: true,
  decodeAssists: true,
  smep: true,
  smap: true,
  ...Object.fromEntries(has.map((name) => [name, true])),
});
