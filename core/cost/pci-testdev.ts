/**
 * The only published cycle counts of KVM doorbells: QEMU's pci-testdev under kvm-unit-tests, M. Tsirkin 2013, a year before FAST_MMIO.
 * CPU, kernel and exact unit are not stated; taken as TSC cycles per iteration.
 */
export const PCI_TESTDEV_SOURCE = 'QEMU commit 22773d6066a7, docs/specs/pci-testdev.txt (2013)';

export interface PciTestdevFigure {
  readonly id: string;
  /** Mean cycles of one store or OUT of one byte. */
  readonly published: number;
  readonly bus: 'pio' | 'mmio';
  /** How the loop's ioeventfd of length 1 matches; none: the VMM answers. */
  readonly ioeventfd: 'none' | 'wildcard' | 'datamatch';
  /** Whether the figure set a price of the model `pci-testdev-2013`, and which; or the model predicts it. */
  readonly role: 'fitted' | 'predicted';
  readonly sets: string;
}

/** The six loops, fitted ones first, in the order of the fit. */
export const PCI_TESTDEV_FIGURES = [
  {
    id: 'portio-wildcard-eventfd',
    published: 1762,
    bus: 'pio',
    ioeventfd: 'wildcard',
    role: 'fitted',
    sets: 'the run loop (factor `frame`)',
  },
  {
    id: 'portio-no-eventfd',
    published: 5287,
    bus: 'pio',
    ioeventfd: 'none',
    role: 'fitted',
    sets: 'the round trip to userspace (factor `userspace`)',
  },
  {
    id: 'mmio-wildcard-eventfd',
    published: 3609,
    bus: 'mmio',
    ioeventfd: 'wildcard',
    role: 'fitted',
    sets: 'the emulator (factor `emulation`)',
  },
  {
    id: 'portio-datamatch-eventfd',
    published: 1777,
    bus: 'pio',
    ioeventfd: 'datamatch',
    role: 'predicted',
    sets: 'as wildcard: the data is compared in a register',
  },
  {
    id: 'mmio-datamatch-eventfd',
    published: 3685,
    bus: 'mmio',
    ioeventfd: 'datamatch',
    role: 'predicted',
    sets: 'as wildcard: the data is compared in a register',
  },
  {
    id: 'mmio-no-eventfd',
    published: 8796,
    bus: 'mmio',
    ioeventfd: 'none',
    role: 'predicted',
    sets: 'a userspace exit out of the emulator adds 3.35 vmcalls, the ratio of two other machines',
  },
] as const satisfies readonly PciTestdevFigure[];
