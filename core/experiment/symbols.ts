import type { StepName } from '../cost/steps.ts';
import type { Wait } from '../machine/smp/waits.ts';
import { onAmd, SKIP_READS, STEP_SHARES, type SymbolShares, WAIT_SHARES } from './symbol-shares.ts';

/** Not sampled in the host's kernel: the guest's own cycles, and those of a halted CPU. */
const NOT_KERNEL = /^(?:guest|walk|userspace)\./;

/** Steps whose symbol is not their name up to a dot. */
const SYMBOLS: Readonly<Partial<Record<StepName, string>>> = {
  srcu_read_lock: '__srcu_read_lock',
  srcu_read_unlock: '__srcu_read_unlock',
  'mmu_lock.read': '_raw_read_lock',
  'mmu_lock.write': '_raw_write_lock',
  'mitigation.retpoline': '__x86_indirect_thunk_array',
  'mitigation.l1d_flush': 'vmx_l1d_flush',
  'hw.invept': 'vmx_flush_tlb_current',
  'hw.invvpid': 'vmx_flush_tlb_current',
  'hw.invlpga': 'svm_flush_tlb_gva',
};

/** Inlined into vcpu_run(), which is what perf shows. */
const IN_VCPU_RUN = /^(?:vcpu_enter_guest\.|vcpu_run$|kvm_check_and_inject_events$)/;
/** From which on the vCPU is on its way into the guest. */
const ENTERING = new Set<string>(['vcpu_run', 'vcpu_enter_guest.exit_check', 'vmx_vcpu_run', 'svm_vcpu_run']);
/** What no NMI interrupts, or what is done between the exit and the first C code after it. */
const WORLD_SWITCH = new Set<string>([
  'hw.vmentry',
  'hw.vmexit',
  'mitigation.verw',
  'mitigation.rsb_fill',
  'mitigation.ibrs',
  'mitigation.pbrsb',
]);
const SWAPS = new Set<string>(['hw.xsetbv', 'hw.wrmsr_xss', 'hw.rdpkru', 'hw.wrpkru']);
const PKRU = new Set<string>(['hw.rdpkru', 'hw.wrpkru']);
/** Where XCR0 and PKRU are swapped in different places PKRU has functions of its own. */
const OF_PKRU = new Set<string>(['kvm_load_guest_pkru', 'kvm_load_host_pkru']);
/** Fields of the guest state, read and written inline. */
const FIELD = new Set<string>(['hw.vmread', 'hw.vmwrite', 'hw.vmcb_access']);
const RUN_FUNCTION = new Set<string>(['vmx_vcpu_run', 'svm_vcpu_run', 'handle_fastpath']);

/** Cycles of one step or wait on one symbol, as a part of them; the symbol is null where the kernel's profile shows nothing. */
export type Share = readonly [symbol: string | null, share: number];

/**
 * The kernel symbols under which perf shows the steps of one path, told in their order. The switch of worlds is hardware and has no symbol. No
 * NMI is taken in it: a sample that falls into the entry or the exit lands, by assumption, on the first instruction that can be interrupted after the
 * exit, `vmx_vmexit`. On AMD that is STGI in svm_vcpu_run(). VMREAD and VMWRITE are inlined: inside the run function they count for it, elsewhere
 * for the function whose step came last, and those of a skipped instruction for the skip. What a swap writes belongs to the function that decides
 * on it.
 */
export class SymbolsOfPath {
  private readonly amd: boolean;
  private readonly run: string;
  private entering = false;
  private inRunFunction = false;
  private last = 'vcpu_run';

  constructor(vendor: 'intel' | 'amd') {
    this.amd = vendor === 'amd';
    this.run = this.amd ? 'svm_vcpu_run' : 'vmx_vcpu_run';
  }

  /** The next path begins. */
  begin(): void {
    this.entering = false;
    this.inRunFunction = false;
    this.last = 'vcpu_run';
  }

  /** The next step of the path, and the one that comes after it. */
  of(step: StepName, next?: StepName): readonly Share[] {
    if (NOT_KERNEL.test(step)) return ELSEWHERE;
    this.follow(step);
    if (FIELD.has(step) && next === 'skip_emulated_instruction') return this.shared(SKIP_READS);
    const split = STEP_SHARES[step];
    if (split !== undefined) return this.shared(split);
    return [[this.single(step), 1]];
  }

  /** A wait: those that sleep are in no profile. */
  ofWait({ symbol, kind }: Pick<Wait, 'symbol' | 'kind'>): readonly Share[] {
    if (kind !== 'spins') return ELSEWHERE;
    const split = WAIT_SHARES[symbol];
    return split === undefined ? [[symbol, 1]] : this.shared(split);
  }

  private follow(step: StepName): void {
    if (step === 'hw.vmexit') this.entering = false;
    else if (ENTERING.has(step)) this.entering = true;
    if (step === 'hw.vmexit' || RUN_FUNCTION.has(step)) this.inRunFunction = true;
    else if (step.startsWith('vcpu_enter_guest.')) this.inRunFunction = false;
    if (!step.startsWith('hw.') && !step.startsWith('mitigation.')) this.last = this.single(step);
  }

  private single(step: StepName): string {
    if (WORLD_SWITCH.has(step)) return this.amd ? this.run : 'vmx_vmexit';
    if (PKRU.has(step) && OF_PKRU.has(this.last)) return this.last;
    if (SWAPS.has(step)) return this.entering ? 'kvm_load_guest_xsave_state' : 'kvm_load_host_xsave_state';
    if (step === 'handle_exit_irqoff') return this.amd ? 'svm_handle_exit_irqoff' : 'vmx_handle_exit_irqoff';
    if (step === 'handle_fastpath') return this.run;
    if (IN_VCPU_RUN.test(step)) return 'vcpu_run';
    const named = SYMBOLS[step];
    if (named !== undefined) return named;
    if (!step.startsWith('hw.') && !step.startsWith('mitigation.')) return step.split('.')[0]!;
    return this.inRunFunction ? this.run : this.last;
  }

  private shared({ shares }: SymbolShares): readonly Share[] {
    return this.amd ? shares.map(([symbol, share]) => [onAmd(symbol), share]) : shares;
  }
}

const ELSEWHERE: readonly Share[] = [[null, 1]];
