/** What KVM asks of the silicon beside entries. Implemented by core/cpu, plugged together by core/machine. */
export interface HardwarePort {
  /**
   * Points the vCPU at a nested root (EPTP or nCR3; `levels` 4 or 5), or, where nesting is off, at a shadow root: CR3 as VM entry loads
   * it, its PCID that of the guest's CR3 (`levels` 3 PAE, 4, 5). Nothing is dropped: another EP4TA is another tag, and another CR3 the
   * same one. The four pointers of a PAE root are read at the next entry.
   */
  setRoot(hfn: number, levels: number): void;
  /** INVEPT single-context for one root, or all contexts when `hfn` is 0. On AMD: flush of the ASID (there is no INVEPT). */
  invalidateRoot(hfn: number): void;
  /** INVVPID or ASID flush: linear and combined mappings of this vCPU's tag. */
  invalidateVpid(): void;
  /** INVVPID of one address, INVLPGA on AMD: on behalf of the guest, for every PCID. */
  invalidateAddress(hi: number, lo: number): void;
  /**
   * Which page faults leave the guest. Intel: those whose code makes bit 14 of the exception bitmap equal ((code & mask) == match). AMD
   * intercepts all (1) or none, whatever mask and match say.
   */
  setPageFaultFilter(bitmap: 0 | 1, mask: number, match: number): void;
  /**
   * INVLPG (and INVPCID) and MOV to CR3 leave the guest or do not. `cr0`, `cr4`: guest/host masks; MOV to CR0 or CR4 leaves the guest if it
   * changes one of these bits, on AMD whenever the mask is not 0. The guest's register is left as it was: KVM writes it.
   */
  setIntercepts(invlpg: 0 | 1, cr3: 0 | 1, cr0: number, cr4: number): void;
  /** Bits set in the real CR0, CR4 and EFER whatever the guest's registers say, and bits clear in the real CR4. */
  setForced(cr0: number, cr4: number, efer: number, cr4Clear: number): void;
  /** Enables page-modification logging into this frame (Intel), or disables it with 0. The index restarts at 511. */
  setPmlBuffer(hfn: number): void;
  /** Index of the next free PML entry: counts down from 511, 0xffff (65535) after the last. */
  pmlIndex(): number;
  /** Sets the PML index back to 511. */
  resetPmlIndex(): void;
  /** Counts that the CPU keeps aside (TLB hits) go into the ledger, so that its clock is exact. */
  settleCounts(): void;
}
