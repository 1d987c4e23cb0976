import type { Kernel } from '../kernel.ts';
import { linux314 } from './linux-3.14.ts';

/**
 * KVM before `bypass_guest_pf` was merged: shadow paging under one mutex. What of it has no field:
 * - Guest memory is the kernel's own (KVM_SET_MEMORY_REGION; user memory came with 2.6.25), all of it allocated with the slot. The model
 *   takes it from a mapping of the VMM's, faulted in on first use.
 * - Slots and buses are searched one after the other; the model counts the steps of its own search (at most 8 slots, 6 devices).
 * - A slot that is taken away leaves read-only shadow entries behind: nothing is zapped (kvm_vm_ioctl_set_memory_region).
 * - CR0, CR3 and CR4 writes on AMD go through the emulator (emulate_on_interception).
 * - The emulator checks no rights: gva_to_gpa walks as a supervisor's read. The model's checks them.
 * - A read that userspace has answered is fetched and decoded a second time; the model's is not.
 * - The FPU is looked at before each entry and loaded when it is not the guest's; MOV to CR3 gives it up. Guests here use no FPU.
 */
export const linux2624: Kernel = {
  id: '2.6.24',
  title: 'Linux 2.6.24 (January 2008), shadow paging only, one mutex a VM',
  read: 'drivers/kvm of 2.6.24: mmu.c, paging_tmpl.h, vmx.c, kvm_main.c, kvm.h; svm.c of the same year',
  policy: {
    ...linux314.policy,
    io: {
      ...linux314.policy.io,
      ioeventfd: false,
      coalescedMmio: false,
      // NR_IOBUS_DEVS; a seventh device was a BUG.
      busDeviceLimit: 6,
    },
    nestedPaging: 'absent',
    vpid: false,
    mmuLock: 'kvm-mutex',
    shadowMmu: '2007',
    bypassGuestPf: 'off',
    mmuNotifier: false,
    mmioCaching: false,
    slots: {
      ...linux314.policy.slots,
      // KVM_MEMORY_SLOTS.
      userSlots: 8,
      readonlyMem: false,
      zapAll: false,
      // There is none; the model counts changes by it.
      generation: { start: [0n], step: 2n, inProgress: 'odd', mmioBits: 30, mmioDroppedBits: 0, spaceBits: 0 },
    },
    fastPioIn: 'all',
    usesInsnBytes: false,
    repInOneExit: false,
    slotsGuard: 'none',
    xcr0: 'none',
  },
};
