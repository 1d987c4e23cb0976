/** What KVM asks of the silicon beside entries. Implemented by core/cpu, plugged together by core/machine. */
export interface HardwarePort {
  /** Points the vCPU at a nested root (EPTP or nCR3). `levels` is 4 or 5. Changing it drops nothing: another EP4TA is another tag. */
  setRoot(hfn: number, levels: number): void;
  /** INVEPT single-context for one root, or all contexts when `hfn` is 0. On AMD: flush of the ASID (there is no INVEPT). */
  invalidateRoot(hfn: number): void;
  /** Enables page-modification logging into this frame (Intel), or disables it with 0. The index restarts at 511. */
  setPmlBuffer(hfn: number): void;
  /** Index of the next free PML entry: counts down from 511, 0xffff (65535) after the last. */
  pmlIndex(): number;
  /** Sets the PML index back to 511. */
  resetPmlIndex(): void;
}
