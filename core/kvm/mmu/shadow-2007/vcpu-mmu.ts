import type { StateSet } from '../../../base/state.ts';
import type { Vcpu } from '../../vcpu.ts';
import { guestLevels } from '../guest-walk.ts';
import { GuestWalk2007 } from './walk.ts';

const COLUMNS = 12;

/** What a vCPU has of the shadow MMU (struct kvm_mmu, and its neighbours in struct kvm_vcpu). */
export class VcpuMmu {
  readonly vcpu: Vcpu;
  readonly walk: GuestWalk2007;
  /** 0 to 3: shadow pages of the roots, 0 for none; only the first one with four levels. The rest is named below. */
  private readonly at = new Int32Array(COLUMNS);
  private readonly floodGfn = new Float64Array(1);

  constructor(vcpu: Vcpu) {
    this.vcpu = vcpu;
    this.walk = new GuestWalk2007(vcpu);
  }

  register(state: StateSet): void {
    state.addState(() => [this.at, this.floodGfn]);
  }

  /** The shadow page of root `i`: of guest addresses from `i` GiB on, or of all of them with four levels. */
  root(i: number): number {
    return this.at[i]!;
  }

  setRoot(i: number, page: number): void {
    this.at[i] = page;
  }

  /** root_hpa is valid. */
  get hasRoots(): boolean {
    return this.at[4] !== 0;
  }
  set hasRoots(value: boolean) {
    this.at[4] = value ? 1 : 0;
  }

  /** root_level: levels of the guest's tables, 0 without paging. */
  get rootLevel(): number {
    return this.at[5]!;
  }

  /** shadow_root_level: 4, or 3 with the four roots in `paeFrame`. */
  get shadowRootLevel(): number {
    return this.at[5] === 4 ? 4 : 3;
  }

  /** Frame of the four entries the CPU's CR3 points to (pae_root); 0 until it is needed. */
  get paeFrame(): number {
    return this.at[6]!;
  }
  set paeFrame(value: number) {
    this.at[6] = value;
  }

  /** KVM_TLB_FLUSH in `requests`. */
  get wantsFlush(): boolean {
    return this.at[7] !== 0;
  }
  set wantsFlush(value: boolean) {
    this.at[7] = value ? 1 : 0;
  }

  /** KVM_REQ_MMU_RELOAD in `requests` (2.6.26). */
  get wantsReload(): boolean {
    return this.at[8] !== 0;
  }
  set wantsReload(value: boolean) {
    this.at[8] = value ? 1 : 0;
  }

  /** last_pt_write_count. */
  get floodCount(): number {
    return this.at[9]!;
  }
  set floodCount(value: number) {
    this.at[9] = value;
  }

  /** last_pt_write_gfn. */
  get floodFrame(): number {
    return this.floodGfn[0]!;
  }
  set floodFrame(gfn: number) {
    this.floodGfn[0] = gfn;
  }

  /** last_pte_updated (2.6.26): the entry filled last, 0 for none. */
  get lastUpdated(): number {
    return this.at[10]!;
  }
  set lastUpdated(spte: number) {
    this.at[10] = spte;
  }

  /** init_kvm_mmu: the mode of the guest's registers. */
  readMode(): void {
    this.at[5] = guestLevels(this.vcpu.regs);
  }
}
