import { assert } from '../../base/assert.ts';
import { toSixteenth } from '../paths.ts';
import { BUS, EVENTFD } from './bus.ts';
import { EMULATED_MMIO, EMULATOR, OTHER_EMULATION, PORT_EXIT } from './emulation.ts';
import { guestPrices, ONE_CYCLE } from './guest.ts';
import { GUEST_KERNEL } from './guest-kernel.ts';
import { MMU } from './mmu.ts';
import { APIC_AND_FASTPATH, OTHER_HANDLERS, RUN_LOOP, SLOTS_LOCK, SRCU } from './run-loop.ts';
import { SHADOW_EXITS, SHADOW_MMU } from './shadow.ts';
import { SHADOW_MMU_2007 } from './shadow-2007.ts';
import { IOCTLS, ROUND_TRIP } from './userspace.ts';
import { walkPrices } from './walk.ts';
import { worldSwitchPrices } from './world-switch.ts';
import type { Cited } from '../cpu-model.ts';
import type { StepName } from '../steps.ts';
import type { BasePrice, Factor } from './base-price.ts';
import type { Hardware } from './hardware.ts';

/** A price for every step, by name. */
export type Prices = { readonly [K in StepName]: Cited };

/** What multiplies the base prices: a best value with its range, and why. */
export type Factors = { readonly [K in Exclude<Factor, 'fixed'>]: Cited };

/** Base prices of the kernel's and the VMM's code, on the machine of 2013. */
export const SOFTWARE = {
  ...RUN_LOOP,
  ...SRCU,
  ...SLOTS_LOCK,
  ...OTHER_HANDLERS,
  ...APIC_AND_FASTPATH,
  ...MMU,
  ...SHADOW_EXITS,
  ...SHADOW_MMU,
  ...SHADOW_MMU_2007,
  ...EMULATOR,
  ...EMULATED_MMIO,
  ...OTHER_EMULATION,
  ...PORT_EXIT,
  ...BUS,
  ...EVENTFD,
  ...ROUND_TRIP,
  ...IOCTLS,
};

/** Prices of one CPU: silicon from its hardware numbers, software scaled, then what is known better by name. */
export function priceList(hardware: Hardware, factors: Factors, overrides: Partial<Prices> = {}): Prices {
  const software = Object.fromEntries(Object.entries(SOFTWARE).map(([name, base]) => [name, scaled(base, factors)]));
  const all: Prices = {
    ...guestPrices(hardware),
    ...GUEST_KERNEL,
    'userspace.compute': ONE_CYCLE,
    ...walkPrices(hardware),
    ...worldSwitchPrices(hardware),
    ...(software as { readonly [K in keyof typeof SOFTWARE]: Cited }),
    ...overrides,
  };
  return Object.fromEntries(Object.entries(all).map(([name, price]) => [name, onClockGrain(price)])) as Prices;
}

function scaled(base: BasePrice, factors: Factors): Cited {
  if (base.factor === 'fixed') {
    return { value: base.value, low: base.low, high: base.high, kind: 'estimated', source: base.source };
  }
  const factor = factors[base.factor];
  assert(factor.value > 0, `a factor must be positive: ${factor.source}`);
  return {
    value: base.value * factor.value,
    low: Math.min(base.low * factor.value, base.value * Math.max(0, factor.low)),
    high: Math.max(base.high * factor.value, base.value * factor.high),
    kind: 'estimated',
    source: `${base.source}; times ${factor.value.toFixed(2)}: ${factor.source}`,
  };
}

/** The simulated clock counts sixteenths of a cycle, so prices are whole sixteenths. */
function onClockGrain(price: Cited): Cited {
  return { ...price, value: toSixteenth(price.value), low: toSixteenth(price.low), high: toSixteenth(price.high) };
}
