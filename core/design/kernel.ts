import type { KvmPolicy } from '../kvm/policy.ts';

/** A kernel version as a value: what its KVM does differently from another's. */
export interface Kernel {
  /** The version as the command line takes it. */
  readonly id: string;
  readonly title: string;
  /** What was read to know it. */
  readonly read: string;
  readonly policy: KvmPolicy;
}
