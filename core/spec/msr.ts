/** MSRs whose writes the model gives a meaning: Intel SDM vol. 4. All other numbers are taken and forgotten. */
export const MSR = Object.freeze({
  IA32_TSC_DEADLINE: 0x6e0,
  X2APIC_TPR: 0x808,
  X2APIC_EOI: 0x80b,
  X2APIC_ICR: 0x830,
  X2APIC_LVT_TIMER: 0x832,
  IA32_XSS: 0xda0,
});
