const COUNT = 13;

/** What the hypervisor asks of the silicon beyond what always exits: fields of the VMCS or VMCB. One column, part of the machine's state. */
export class Controls {
  readonly at = new Int32Array(COUNT);
  /** Grows with each change of a bit that is forced, or of the native root: what decides how the guest translates. */
  changes = 0;

  /** INVLPG leaves the guest, and INVPCID with it (SDM vol. 3C, 25.1.3: "INVLPG exiting" governs both; AMD: two intercepts, set alike). */
  get interceptInvlpg(): number {
    return this.at[0]!;
  }
  set interceptInvlpg(value: number) {
    this.at[0] = value;
  }

  /** MOV to CR3 leaves the guest. */
  get interceptCr3(): number {
    return this.at[1]!;
  }
  set interceptCr3(value: number) {
    this.at[1] = value;
  }

  /** Guest/host masks: a MOV to CR0 or CR4 that changes one of these bits leaves the guest. AMD: any such MOV does, unless it is 0. */
  get ownedCr0(): number {
    return this.at[2]!;
  }
  set ownedCr0(value: number) {
    this.at[2] = value;
  }
  get ownedCr4(): number {
    return this.at[3]!;
  }
  set ownedCr4(value: number) {
    this.at[3] = value;
  }

  /** Bit 14 of the exception bitmap. */
  get exceptionBitmapPf(): number {
    return this.at[4]!;
  }
  set exceptionBitmapPf(value: number) {
    this.at[4] = value;
  }

  /** Page-fault error-code mask and match (Intel): exit iff bitmap[14] equals ((code & mask) == match). */
  get pfecMask(): number {
    return this.at[5]!;
  }
  set pfecMask(value: number) {
    this.at[5] = value;
  }
  get pfecMatch(): number {
    return this.at[6]!;
  }
  set pfecMatch(value: number) {
    this.at[6] = value;
  }

  /** Bits set in the real CR0, CR4 and EFER whatever the guest's registers say. */
  get forceCr0(): number {
    return this.at[7]!;
  }
  set forceCr0(value: number) {
    this.change(7, value);
  }
  get forceCr4(): number {
    return this.at[8]!;
  }
  set forceCr4(value: number) {
    this.change(8, value);
  }
  get forceEfer(): number {
    return this.at[9]!;
  }
  set forceEfer(value: number) {
    this.change(9, value);
  }

  /** Bits clear in the real CR4 whatever the guest's register says. */
  get clearCr4(): number {
    return this.at[10]!;
  }
  set clearCr4(value: number) {
    this.change(10, value);
  }

  /** The one table in use without nesting: its host frame, and its levels (2, 3 PAE, 4, 5; 0: as the guest's registers say). */
  get nativeRoot(): number {
    return this.at[11]!;
  }
  set nativeRoot(value: number) {
    this.change(11, value);
  }
  get nativeLevels(): number {
    return this.at[12]!;
  }
  set nativeLevels(value: number) {
    this.change(12, value);
  }

  private change(at: number, value: number): void {
    if (this.at[at] === value) return;
    this.at[at] = value;
    this.changes++;
  }
}
