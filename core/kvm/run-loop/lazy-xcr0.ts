import { STEP } from '../../cost/steps.ts';
import { CR4, REG } from '../../guest/registers.ts';
import type { Vcpu } from '../vcpu.ts';

/**
 * kvm_load_guest_xcr0() to 4.5: loaded before an entry if it is not loaded yet, and kept from exit to exit, IRQs and handlers included.
 * Written without a look at what the host has. (arch/x86/kvm/x86.c of 4.2)
 */
export function loadGuestXcr0(vcpu: Vcpu): void {
  if (vcpu.xcr0Loaded || (vcpu.regs.at[REG.CR4]! & CR4.OSXSAVE) === 0) return;
  vcpu.paths.add(STEP['hw.xsetbv']);
  vcpu.xcr0Loaded = true;
}

/** kvm_put_guest_xcr0(): when the guest's FPU is put (KVM_RUN returns, the vCPU is scheduled out) or its XCR0 changes. */
export function putGuestXcr0(vcpu: Vcpu): void {
  if (!vcpu.xcr0Loaded) return;
  if (vcpu.regs.at[REG.XCR0] !== vcpu.kvm.xstate.xcr0) vcpu.paths.add(STEP['hw.xsetbv']);
  vcpu.xcr0Loaded = false;
}
