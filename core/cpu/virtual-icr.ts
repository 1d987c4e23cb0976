/** What became of a write of the guest's to the ICR where the CPU sends IPIs by itself. */
export const ICR_WRITE = Object.freeze({
  /** Not of a kind that the CPU sends: it leaves the guest behind the write. */
  TRAPS: 0,
  /** Sent, without an exit. */
  DONE: 1,
  /** AVIC: posted where the target runs; it leaves the guest for the others. */
  INCOMPLETE: 2,
});

/**
 * IPI virtualisation: the CPU looks the target up in a table of the hypervisor's (the PID-pointer table; AVIC's physical APIC ID table) and posts
 * the interrupt. Source: SDM vol. 3C, "IPI Virtualization"; APM vol. 2, 15.29.
 */
export interface VirtualIcr {
  /** Sends what the CPU can; one of ICR_WRITE. */
  write(hi: number, lo: number): number;
}
