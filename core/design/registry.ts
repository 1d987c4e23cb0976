import { unknownName } from '../base/closest.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Design } from './design.ts';
import type { Kernel } from './kernel.ts';
import { linux2624 } from './kernels/linux-2.6.24.ts';
import { linux2626 } from './kernels/linux-2.6.26.ts';
import { linux314 } from './kernels/linux-3.14.ts';
import { linux315 } from './kernels/linux-3.15.ts';
import { linux42 } from './kernels/linux-4.2.ts';
import { linux415 } from './kernels/linux-4.15.ts';
import { linux618 } from './kernels/linux-6.18.ts';
import { linux619 } from './kernels/linux-6.19.ts';
import { linux70 } from './kernels/linux-7.0.ts';
import { badPage } from './rfcs/bad-page.ts';
import { bypassGuestPf } from './rfcs/bypass-guest-pf.ts';
import { bypassGuestPf2626 } from './rfcs/bypass-guest-pf-2.6.26.ts';
import { datamatch } from './rfcs/datamatch.ts';
import { fastMmioFastpath, svmFastMmioFastpath } from './rfcs/fast-mmio-fastpath.ts';
import { fastMmio } from './rfcs/fast-mmio.ts';
import { noBypass } from './rfcs/no-bypass.ts';
import { pio } from './rfcs/pio.ts';
import { rfcViolation } from './rfcs/rfc-violation.ts';
import { rfcWriteBit } from './rfcs/rfc-write-bit.ts';
import { roEmulated } from './rfcs/ro-emulated.ts';
import { svmFastMmio } from './rfcs/svm-fast-mmio.ts';
import { svmFastMmioNoNrip } from './rfcs/svm-fast-mmio-no-nrip.ts';
import { userspace } from './rfcs/userspace.ts';
import { wildcard } from './rfcs/wildcard.ts';
import { writeMostly } from './rfcs/write-mostly.ts';
import { xstateSwaps } from './rfcs/xstate-swaps.ts';

/** Every kernel, oldest first. */
export const kernels: readonly Kernel[] = [
  linux2624,
  linux2626,
  linux314,
  linux315,
  linux42,
  linux415,
  linux618,
  linux619,
  linux70,
];

/** Every doorbell design, in the order a comparison shows them. */
export const designs: readonly Design[] = [
  userspace,
  datamatch,
  wildcard,
  fastMmio,
  pio,
  rfcViolation,
  rfcWriteBit,
  badPage,
  writeMostly,
  roEmulated,
  svmFastMmio,
  svmFastMmioNoNrip,
  bypassGuestPf,
  bypassGuestPf2626,
  noBypass,
  ...xstateSwaps,
  fastMmioFastpath,
  svmFastMmioFastpath,
];

export function findKernel(id: string): Result<Kernel> {
  const found = kernels.find((kernel) => kernel.id === id);
  return found === undefined ? err(unknownName('kernel', id, idsOf(kernels))) : ok(found);
}

export function findDesign(id: string): Result<Design> {
  const found = designs.find((design) => design.id === id);
  return found === undefined ? err(unknownName('design', id, idsOf(designs))) : ok(found);
}

const idsOf = (values: readonly { readonly id: string }[]): string[] => values.map(({ id }) => id);
