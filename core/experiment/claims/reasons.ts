const BOX_2012 =
  'the machine of 2012 is not stated; its exits cost twice what a Nehalem’s do, so it was older or busier. Fitted to the other rows the table is closer';
const SWAPS =
  'the guest and the host of the measurement are not stated in full: with a host that has shadow stacks, so that XSS is swapped too, the figure before holds';
const ZEN5 = 'Zen 5 is not modelled, and Zen 4 stands for it: the round trip itself is cheaper here';

/** Why a figure or claim does not hold in the model, by id and, where only one role is off, role. The page prints it; no price is tuned to it. */
export const REASONS: Readonly<Record<string, string>> = {
  'A1.01 predicted': BOX_2012,
  'A1.02 predicted': BOX_2012,
  'A1.03 predicted': BOX_2012,
  'A1.04 predicted': BOX_2012,
  'A1.05 predicted': BOX_2012,
  'A1.02 left out':
    'the port of the PM timer costs QEMU more than the unmapped one the fit has for userspace: reading the clock is no step of the model',
  'A1.04 left out':
    'without this row nothing tells the emulation from the way to userspace, which two of the other rows have together',
  'A1.20.before': SWAPS,
  'A1.20.after': `${SWAPS}; what is left after the swaps is 20 % dearer there than here`,
  'A1.26.immed-hrtimer':
    'published, an hrtimer costs 1200 more than the preemption timer for a deadline that has passed as for one that has not, so one was armed and fired; start_sw_tscdeadline() as read delivers a passed deadline at once. The kernel of the measurement is not stated',
  'A2.02':
    'the test’s two CPUs pass at least six cache lines a round (ipi_done, the function and its argument, active_cpus, the lock, the posted-interrupt descriptor), and the model has no price for a line that moves between CPUs. Its rules are the test’s: the target executes HLT in a loop and is polled for, the sender spins on a flag written before the EOI (kvm-unit-tests x86/cstart64.S, lib/x86/smp.c)',
  'A2.06.immed-before':
    'all rows of tscdeadline_immed are 350 to 600 cycles dearer than here: the delivery of an interrupt in the guest is an estimate. Of what the patch saves, 534, the model has 310, between 4.15 and 6.18; 5.7 and 5.8 are not modelled',
  'A4.01.before': `${ZEN5}; with a host that has shadow stacks the figure holds`,
  'A4.01.after': ZEN5,
  'A4.02.before': `${ZEN5}. What moving PKRU saves, 60 published, is 66 here`,
  'A4.02.after': `${ZEN5}. What moving PKRU saves, 60 published, is 66 here`,
  'B1.tlb':
    'it is refuted: the violation drops the translation that was to be used, by the manual, so nothing stays cached for the next kick',
  'pci-testdev.4 predicted':
    'QEMU of 2013 dispatched an MMIO exit by other code than a port’s; the model has one price for both, as QEMU has since (b40acf99bef6)',
  'pci-testdev.4 left out': 'as above: without this row nothing tells the MMIO dispatch of that QEMU from the port’s',
};

/** The reason for one claim that does not hold. */
export const reasonFor = (id: string, role: string): string | undefined => REASONS[`${id} ${role}`] ?? REASONS[id];
