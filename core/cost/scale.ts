import { assert } from '../base/assert.ts';
import { derived, estimated } from './cited.ts';
import { hypercallExit } from './exit-frame.ts';
import { SOFTWARE, priceList } from './prices/price-list.ts';
import { STEPS } from './steps.ts';
import type { Anchors, Cited } from './cpu-model.ts';
import type { StepCount } from './paths.ts';
import type { BasePrice, Factor } from './prices/base-price.ts';
import type { Hardware } from './prices/hardware.ts';
import type { Prices } from './prices/price-list.ts';

const UNIT = estimated(1, [1, 1], 'base machine');
const UNIT_FACTORS = { frame: UNIT, work: UNIT, emulation: UNIT, userspace: UNIT };

/**
 * Prices of a CPU scaled to its anchors: the run loop's factor makes a VMCALL cost `lx`, the round trip's makes userspace cost `ux`.
 * `work` is how fast other kernel code runs against the base machine; the emulator is scaled by the same.
 */
export function scaledPrices(
  hardware: Hardware,
  anchors: Anchors,
  work: Cited,
  overrides: Partial<Prices> = {},
): Prices {
  const unscaled = priceList(hardware, { ...UNIT_FACTORS, work, emulation: work }, overrides);
  const cheapest = hypercallExit(anchors.lxSetting.frame, anchors.lxSetting.skipReadsTrapFlag);
  const frame = solveFactor(cheapest, 'frame', unscaled, anchors.lx, 'cheapest exit');
  return priceList(hardware, { work, emulation: work, frame, userspace: userspaceFactor(anchors) }, overrides);
}

/**
 * The factor by which the base prices of one kind must be multiplied for a list of steps to cost `target` in all. The other steps of the
 * list have the prices given.
 */
export function solveFactor(
  steps: readonly StepCount[],
  kind: Exclude<Factor, 'fixed'>,
  prices: Prices,
  target: Cited,
  what: string,
): Cited {
  let scaled = 0;
  let rest = 0;
  for (const { step, times } of steps) {
    const name = STEPS[step]!.name;
    const base = name in SOFTWARE ? (SOFTWARE[name as keyof typeof SOFTWARE] satisfies BasePrice) : null;
    if (base?.factor === kind) scaled += base.value * times;
    else rest += prices[name].value * times;
  }
  assert(
    scaled > 0 && target.value > rest,
    `${what}: ${target.value} leaves nothing for the software (${rest} is taken)`,
  );
  const factor = (cycles: number): number => Math.max(0, (cycles - rest) / scaled);
  return derived(
    factor(target.value),
    [factor(target.low), factor(target.high)],
    `so that the ${what} costs ${target.value} (${target.source})`,
  );
}

function userspaceFactor({ ux }: Anchors): Cited {
  const parts = ['kvm_vcpu_ioctl.return', 'userspace.dispatch_pio', 'kvm_vcpu_ioctl.entry'] as const;
  const base = parts.reduce((sum, step) => sum + SOFTWARE[step].value, 0);
  return derived(
    ux.value / base,
    [ux.low / base, ux.high / base],
    `so that a round trip to userspace adds ${ux.value} (${ux.source})`,
  );
}
