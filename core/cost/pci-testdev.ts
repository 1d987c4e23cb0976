import { BEFORE_FAST_MMIO } from './epochs.ts';
import { mmioKickFlow, mmioToUserspaceFlow, portKickFlow, portToUserspaceFlow } from './flows.ts';
import type { StepCount } from './paths.ts';

/**
 * The only published cycle counts of KVM doorbells: QEMU's pci-testdev under kvm-unit-tests, M. Tsirkin 2013, a year before FAST_MMIO.
 * CPU, kernel and exact unit are not stated; taken as TSC cycles per iteration.
 */
export const PCI_TESTDEV_SOURCE = 'QEMU commit 22773d6066a7, docs/specs/pci-testdev.txt (2013)';

export interface PciTestdevFigure {
  readonly id: string;
  readonly published: number;
  /** Whether the figure set a price of the model `pci-testdev-2013`, and which; or the model predicts it. */
  readonly role: 'fitted' | 'predicted';
  readonly sets: string;
  /** The exit that is timed, on a 3.14-like kernel. */
  readonly flow: readonly StepCount[];
}

const SETTING = BEFORE_FAST_MMIO('intel');

export const PCI_TESTDEV_FIGURES = {
  portWildcard: {
    id: 'portio-wildcard-eventfd',
    published: 1762,
    role: 'fitted',
    sets: 'the run loop (factor `frame`)',
    flow: portKickFlow(SETTING),
  },
  portNone: {
    id: 'portio-no-eventfd',
    published: 5287,
    role: 'fitted',
    sets: 'the round trip to userspace (factor `userspace`)',
    flow: portToUserspaceFlow(SETTING),
  },
  mmioWildcard: {
    id: 'mmio-wildcard-eventfd',
    published: 3609,
    role: 'fitted',
    sets: 'the emulator (factor `emulation`)',
    flow: mmioKickFlow(SETTING),
  },
  portDatamatch: {
    id: 'portio-datamatch-eventfd',
    published: 1777,
    role: 'predicted',
    sets: 'as wildcard: the data is compared in a register',
    flow: portKickFlow(SETTING),
  },
  mmioDatamatch: {
    id: 'mmio-datamatch-eventfd',
    published: 3685,
    role: 'predicted',
    sets: 'as wildcard: the data is compared in a register',
    flow: mmioKickFlow(SETTING),
  },
  mmioNone: {
    id: 'mmio-no-eventfd',
    published: 8796,
    role: 'predicted',
    sets: 'a userspace exit out of the emulator adds 3.35 vmcalls, the ratio of two other machines',
    flow: mmioToUserspaceFlow(SETTING),
  },
} as const satisfies Record<string, PciTestdevFigure>;
