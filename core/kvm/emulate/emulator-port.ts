/** Result of `EmulatorPort.translate`. */
export const TRANSLATED = Object.freeze({
  /** A guest-physical address: RAM is to be tried first. */
  GPA: 0,
  /** The page is known for MMIO (the local APIC's page, or the vCPU's MMIO cache at the current generation): RAM is not tried. */
  MMIO: 1,
  /** The guest's own tables refuse the access; the port keeps what is to be injected. */
  FAULT: -1,
});

/** What the emulator asks of the vCPU and of guest memory. Each method charges the steps it takes itself. */
export interface EmulatorPort {
  /** GPA that the last `translate` found. */
  gpaHi: number;
  gpaLo: number;
  /** Reads the instruction's bytes, where the CPU did not supply them. */
  fetchInstruction(): void;
  /** vcpu_mmio_gva_to_gpa or the exit's GPA, for one part of an operand within a page; `write` is 1 or 0. Returns TRANSLATED. */
  translate(hi: number, lo: number, write: number): number;
  /**
   * Copies guest RAM of one page into byte `at` of `out`; false where there is no slot (or none that can be read).
   */
  readRam(gpaHi: number, gpaLo: number, bytes: number, out: Int32Array, at: number): boolean;
  /** Stores to guest RAM and marks the page dirty; false where there is no slot or a read-only one. */
  writeRam(gpaHi: number, gpaLo: number, bytes: number, from: Int32Array, at: number): boolean;
}
