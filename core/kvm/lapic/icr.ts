/** Fields of the interrupt command register: SDM vol. 3, "Interrupt Command Register (ICR)"; x2APIC has the destination in the high word. */
export const ICR = Object.freeze({
  VECTOR: 0xff,
  MODE: 7 << 8,
  LOGICAL: 1 << 11,
  SHORTHAND: 3 << 18,
  SELF: 1 << 18,
  ALL_INCLUDING: 2 << 18,
  ALL_BUT_SELF: 3 << 18,
});

/** Delivery mode Fixed is 0. */
const FIXED = 0;
export const X2APIC_BROADCAST = 0xffff_ffff;

/**
 * The one vCPU that an ICR write names, or -1 when it is not of the simple kind: broadcast, a shorthand other than self, logical
 * destinations. `vcpus` is how many there are; a destination beyond them reaches nobody, and is -1 too.
 */
export function singleTarget(from: number, hi: number, lo: number, vcpus: number): number {
  if ((lo & ICR.MODE) !== FIXED) return -1;
  const shorthand = lo & ICR.SHORTHAND;
  if (shorthand === ICR.SELF) return from;
  if (shorthand !== 0 || (lo & ICR.LOGICAL) !== 0) return -1;
  const target = hi >>> 0;
  return target !== X2APIC_BROADCAST && target < vcpus ? target : -1;
}

/**
 * True for an ICR write that kvm_irq_delivery_to_apic_fast() takes, whoever it reaches and in whatever mode: no shorthand but self, and no
 * broadcast. It is all that kvm_x2apic_icr_write_fast() asks for since the fastpath dropped its own limits. (arch/x86/kvm/lapic.c of 6.18)
 */
export function isFastIcr(hi: number, lo: number): boolean {
  const shorthand = lo & ICR.SHORTHAND;
  return shorthand === ICR.SELF || (shorthand === 0 && hi >>> 0 !== X2APIC_BROADCAST);
}

/** True for the ICR writes that the fastpath took before: fixed, physical, no shorthand, no broadcast (handle_fastpath_set_x2apic_icr_irqoff). */
export const isSimpleIcr = (hi: number, lo: number): boolean =>
  (lo & (ICR.MODE | ICR.LOGICAL | ICR.SHORTHAND)) === FIXED && hi >>> 0 !== X2APIC_BROADCAST;

/** Every vCPU that a fixed IPI reaches, the sender last where it is one of them: what the ordinary path delivers to. */
export function targetsOf(from: number, hi: number, lo: number, vcpus: number): number[] {
  if ((lo & ICR.MODE) !== FIXED) return [];
  const others = Array.from({ length: vcpus }, (_, id) => id).filter((id) => id !== from);
  const shorthand = lo & ICR.SHORTHAND;
  if (shorthand === ICR.SELF) return [from];
  if (shorthand === ICR.ALL_BUT_SELF) return others;
  if (shorthand === ICR.ALL_INCLUDING || hi >>> 0 === X2APIC_BROADCAST) return [...others, from];
  if ((lo & ICR.LOGICAL) !== 0) return logicalTargets(hi, vcpus);
  return hi >>> 0 < vcpus ? [hi >>> 0] : [];
}

/** x2APIC logical destination: cluster in bits 31:16, one bit a member in 15:0 (the logical ID is derived from the APIC ID). */
function logicalTargets(hi: number, vcpus: number): number[] {
  const cluster = hi >>> 16;
  return Array.from({ length: vcpus }, (_, id) => id).filter(
    (id) => id >> 4 === cluster && ((hi >> (id & 15)) & 1) === 1,
  );
}
