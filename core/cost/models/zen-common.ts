import { derived, estimated, read } from '../cited.ts';
import type { Anchors, Cited } from '../cpu-model.ts';
import type { Prices } from '../prices/price-list.ts';

const EPYC = 'AMD EPYC, lkml 2012.2/00527 (2020), granularity 16';

/** Round trip to userspace: the ioctl's two parts were measured, the VMM's work was not. */
export const ZEN_ROUND_TRIP: Partial<Prices> = {
  'kvm_vcpu_ioctl.entry': read(576, `${EPYC}: KVM_RUN to VMRUN`),
  'kvm_vcpu_ioctl.return': read(616, `${EPYC}: #VMEXIT to the return`, [576, 656]),
  'userspace.dispatch_pio': estimated(2500, [1400, 4000], 'estimate'),
  'userspace.dispatch_mmio': estimated(2500, [1400, 4000], 'estimate'),
};

export const ZEN_UX: Pick<Anchors, 'ux'> = {
  ux: derived(3692, [2552, 5232], `entry 576 and return 616 (${EPYC}), and an estimate of 2500 for the VMM`),
};

/** The 2020 figure names no model: it serves Zen 1 and Zen 2. It ends at #VMEXIT, so it leaves little for the run loop. */
export const zenLx2020 = (high: number): Cited =>
  read(1376, `${EPYC}: VMRUN to #VMEXIT 1344 to 1376; model not named`, [1344, high]);

/** VMREAD and VMWRITE do not exist on AMD; a price is kept so that every model prices every step. */
export const NO_VMCS = {
  vmread: estimated(3, [1, 8], 'no such instruction on AMD'),
  vmwrite: estimated(3, [1, 8], 'no such instruction on AMD'),
};
