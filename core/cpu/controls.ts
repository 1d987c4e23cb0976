/** What the hypervisor intercepts beyond what always exits: fields of the VMCS or VMCB. */
export class Controls {
  interceptInvlpg = 0;
  interceptCr3 = 0;
  /** Bit 14 of the exception bitmap. */
  exceptionBitmapPf = 0;
  /** Page-fault error-code mask and match (Intel): exit iff bitmap[14] equals ((code & mask) == match). */
  pfecMask = 0;
  pfecMatch = 0;
  /** Bits set in the real CR0, CR4 and EFER whatever the guest's registers say. */
  forceCr0 = 0;
  forceCr4 = 0;
  forceEfer = 0;
}
