import { expect, it } from 'vitest';
import { OP } from '../../core/guest/instruction.ts';
import { flow, written } from '../driver/flow-list.ts';
import { flowMachine } from '../driver/flow-machine.ts';
import type { DriveOptions } from '../driver/machine-driver.ts';
import { pathOf } from '../driver/paths.ts';

/** KVM's run loop (arch/x86/kvm/x86.c, vcpu_enter_guest) around the shortest handler: a hypercall, PRO and EPI written out. */
const LOOPS: readonly (readonly [string, DriveOptions, string])[] = [
  [
    'Intel, XCR0 lazy (to 4.5)',
    { kernel: '4.2' },
    `
      guest.vmcall; hw.vmexit
      hw.vmread x 2                                             # reason, IDT vectoring
      vcpu_enter_guest.after                                    # O17
      handle_exit_irqoff                                        # O19
      vcpu_enter_guest.irq_window                               # O20
      srcu_read_lock                                            # O21
      vmx_handle_exit                                           # O22
      kvm_emulate_hypercall; hw.vmread x 3; skip_emulated_instruction
      vcpu_run                                                  # O23
      vcpu_enter_guest.requests                                 # O1 to O3
      vcpu_enter_guest.prepare                                  # O4 to O6
      srcu_read_unlock                                          # O7
      vcpu_enter_guest.exit_check                               # O8, O9
      vcpu_enter_guest.fpu_debug                                # O10, O12 to O14
      vmx_vcpu_run; hw.vmwrite; hw.vmentry                      # RIP is dirty`,
  ],
  [
    'Intel, XCR0 in the run function (4.6 to 6.18)',
    { kernel: '6.18' },
    `
      guest.vmcall; hw.vmexit
      hw.vmread x 2
      kvm_load_host_xsave_state                                 # in vmx_vcpu_run
      vcpu_enter_guest.after; handle_exit_irqoff; vcpu_enter_guest.irq_window; srcu_read_lock; vmx_handle_exit
      kvm_emulate_hypercall; hw.vmread x 4; skip_emulated_instruction
      vcpu_run; vcpu_enter_guest.requests; vcpu_enter_guest.prepare; srcu_read_unlock
      vcpu_enter_guest.exit_check; vcpu_enter_guest.fpu_debug
      vmx_vcpu_run; hw.vmwrite
      kvm_load_guest_xsave_state                                # in vmx_vcpu_run
      hw.vmentry`,
  ],
  [
    'Intel, XCR0 outside the fastpath loop (from 6.19)',
    { kernel: '7.0' },
    `
      guest.vmcall; hw.vmexit
      hw.vmread x 2
      vcpu_enter_guest.after                                    # O17
      kvm_load_host_xsave_state                                 # O18
      handle_exit_irqoff; vcpu_enter_guest.irq_window; srcu_read_lock; vmx_handle_exit
      kvm_emulate_hypercall; hw.vmread x 4; skip_emulated_instruction
      vcpu_run; vcpu_enter_guest.requests; vcpu_enter_guest.prepare; srcu_read_unlock
      vcpu_enter_guest.exit_check
      vcpu_enter_guest.fpu_debug                                # O10, O12 to O14
      kvm_load_guest_xsave_state                                # O11
      vmx_vcpu_run; hw.vmwrite; hw.vmentry`,
  ],
  [
    'Intel, 4.15 with retpolines and the mitigations of its time',
    { kernel: '4.15', mitigations: 'retpoline+rsb-fill+verw' },
    `
      guest.vmcall; hw.vmexit
      mitigation.rsb_fill                                       # before any other return
      hw.vmread x 2; kvm_load_host_xsave_state
      vcpu_enter_guest.after; handle_exit_irqoff; vcpu_enter_guest.irq_window; srcu_read_lock
      mitigation.retpoline x 5                                  # kvm_x86_ops are pointers
      vmx_handle_exit
      kvm_emulate_hypercall; hw.vmread x 4; skip_emulated_instruction
      vcpu_run; vcpu_enter_guest.requests; vcpu_enter_guest.prepare; srcu_read_unlock
      vcpu_enter_guest.exit_check; vcpu_enter_guest.fpu_debug
      mitigation.retpoline x 6
      vmx_vcpu_run; hw.vmwrite; kvm_load_guest_xsave_state
      mitigation.verw; hw.vmentry`,
  ],
  [
    'AMD, XCR0 in the run function (4.6 to 6.18)',
    { mmu: 'npt', kernel: '6.18' },
    `
      guest.vmcall; hw.vmexit
      hw.vmcb_access x 5; kvm_load_host_xsave_state
      vcpu_enter_guest.after; handle_exit_irqoff; vcpu_enter_guest.irq_window; srcu_read_lock
      svm_handle_exit
      kvm_emulate_hypercall; hw.vmcb_access x 4; skip_emulated_instruction
      vcpu_run; vcpu_enter_guest.requests; vcpu_enter_guest.prepare; srcu_read_unlock
      vcpu_enter_guest.exit_check; vcpu_enter_guest.fpu_debug
      svm_vcpu_run; hw.vmcb_access x 5; hw.stgi_clgi
      kvm_load_guest_xsave_state                                # behind CLGI
      hw.vmload_vmsave; hw.vmentry`,
  ],
  [
    'AMD, XCR0 outside the fastpath loop (from 6.19)',
    { mmu: 'npt', kernel: '7.0' },
    `
      guest.vmcall; hw.vmexit
      hw.vmcb_access x 5; vcpu_enter_guest.after; kvm_load_host_xsave_state
      handle_exit_irqoff; vcpu_enter_guest.irq_window; srcu_read_lock
      svm_handle_exit
      kvm_emulate_hypercall; hw.vmcb_access x 4; skip_emulated_instruction
      vcpu_run; vcpu_enter_guest.requests; vcpu_enter_guest.prepare; srcu_read_unlock
      vcpu_enter_guest.exit_check; vcpu_enter_guest.fpu_debug; kvm_load_guest_xsave_state
      svm_vcpu_run; hw.vmcb_access x 5; hw.stgi_clgi; hw.vmload_vmsave; hw.vmentry`,
  ],
];

it.each(LOOPS)('run loop: %s', (_, options, steps) => {
  const d = flowMachine(options).start();
  const path = pathOf(d, () => d.insn(OP.VMCALL, 0));
  expect(written(path.steps)).toEqual(flow(steps));
});
