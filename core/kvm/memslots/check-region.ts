import { ERRNO } from '../io/errno.ts';
import type { SlotPolicy } from './slot-policy.ts';
import { SLOT_FLAG } from './slot-table.ts';

/** struct kvm_userspace_memory_region. */
export interface MemoryRegion {
  /** Bits 0 to 15: slot id; from bit 16: address space. Unsigned 32-bit. */
  readonly slot: number;
  /** Unsigned 32-bit. */
  readonly flags: number;
  readonly gpa: bigint;
  /** Bytes; 0 deletes. */
  readonly size: bigint;
  /** Host virtual address. */
  readonly hva: bigint;
  /** Made with KVM_SET_USER_MEMORY_REGION2. */
  readonly second?: boolean;
}

const PAGE = 4096n;
const SPACE = 1n << 64n;

/**
 * The tests of KVM_SET_USER_MEMORY_REGION that look at the argument alone, in KVM's order (kvm_vm_ioctl_set_memory_region,
 * check_memory_region_flags, kvm_set_memory_region in virt/kvm/kvm_main.c). OK or EINVAL.
 */
export function checkRegion(region: MemoryRegion, policy: SlotPolicy): number {
  const firstForm = SLOT_FLAG.LOG_DIRTY | SLOT_FLAG.READONLY;
  if (region.second !== true && (region.flags & ~firstForm) !== 0) return ERRNO.EINVAL;
  if ((region.slot & 0xffff) >= policy.userSlots) return ERRNO.EINVAL;
  if ((region.flags & ~allowedFlags(region.flags, policy)) !== 0) return ERRNO.EINVAL;
  if (region.size % PAGE !== 0n || region.gpa % PAGE !== 0n || region.hva % PAGE !== 0n) return ERRNO.EINVAL;
  if (region.hva + region.size > policy.userAddressLimit) return ERRNO.EINVAL;
  if (region.slot >>> 16 >= policy.addressSpaces) return ERRNO.EINVAL;
  if (region.gpa + region.size >= SPACE) return ERRNO.EINVAL;
  if (region.size / PAGE > BigInt(policy.maxPages)) return ERRNO.EINVAL;
  return ERRNO.OK;
}

/** check_memory_region_flags: a slot with private memory takes neither LOG_DIRTY nor READONLY. */
function allowedFlags(flags: number, policy: SlotPolicy): number {
  if (!policy.readonlyMem) return SLOT_FLAG.LOG_DIRTY;
  if (!policy.guestMemfd) return SLOT_FLAG.LOG_DIRTY | SLOT_FLAG.READONLY;
  const isPrivate = (flags & SLOT_FLAG.GUEST_MEMFD) !== 0;
  return isPrivate ? SLOT_FLAG.GUEST_MEMFD : SLOT_FLAG.LOG_DIRTY | SLOT_FLAG.READONLY | SLOT_FLAG.GUEST_MEMFD;
}
