import type { KvmPolicy } from '../kvm/policy.ts';

/** How guest-physical addresses are translated: nested paging of one vendor or the other, or shadow tables on a CPU of either. */
export type Mmu = 'ept' | 'npt' | 'shadow';

/** What somebody said a design would do; a run shows whether it does. */
interface Claim {
  readonly says: string;
  readonly who: string;
}

/** How a doorbell of the script is built on the machine. */
export interface DoorbellRealisation {
  /** An MMIO address without memory, a port, or a page of a read-only memslot. */
  readonly space: 'mmio' | 'pio' | 'ro-slot';
  /** False: userspace handles every kick. */
  readonly eventfd: boolean;
  /** Length given to KVM_IOEVENTFD: 0 (any), or the width of the kick. */
  readonly length: 0 | 'width';
  readonly datamatch: boolean;
}

/** A field of the policy that is a plain value. */
type ScalarField = Exclude<keyof KvmPolicy, 'io' | 'slots'>;

/** A condition on the kernel without which the design means nothing, and the sentence for a user who asks for it anyway. */
export interface Need {
  /** The flavour that it holds for; absent: all. */
  readonly mmu?: Mmu;
  readonly field:
    ScalarField | 'io.ioeventfd' | 'io.zeroLength' | 'io.fastMmioTwin' | 'slots.readonlyMem' | 'mmu-flavour';
  /** The values that will do. */
  readonly oneOf: readonly (string | number | boolean)[];
  readonly otherwise: string;
}

/** A doorbell design: a way to build a kick, and the change of KVM that it needs. */
export interface Design {
  /** As the command line takes it. */
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly claims: readonly Claim[];
  /** Fields of the kernel's policy that the design changes. */
  readonly policy: Partial<Pick<KvmPolicy, ScalarField>>;
  readonly doorbell: DoorbellRealisation;
  /** Not among the designs of a comparison that names none: it answers another question than how to build a kick. */
  readonly onlyByName?: true;
  /** Switches of the CPU (core/experiment/switches.ts) that the design asks for. */
  readonly cpu: { readonly nripOnNpf?: boolean };
  readonly needs: readonly Need[];
  /** Known hazards, in words. The reference finds them by itself. */
  readonly breaks: readonly string[];
}
