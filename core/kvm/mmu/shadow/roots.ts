import { STEP } from '../../../cost/steps.ts';
import { CR0, CR4, EFER, REG } from '../../../guest/registers.ts';
import { isLegalCr3, isPaePaging, loadPdptrs } from '../../control-registers.ts';
import type { Vcpu } from '../../vcpu.ts';
import { guestLevels } from '../guest-walk.ts';
import { getShadowPage } from './get-page.ts';
import { atLevel, isInvalid, PAE_LEVEL, ROLE, rootRole } from './role.ts';
import type { ShadowContext } from './shadow-context.ts';
import { paePointerHi, paePointerLo } from './shadow-spte.ts';
import { directoryOf, syncRoots } from './sync-children.ts';
import { PREVIOUS, REQUEST, type VcpuRoots } from './vcpu-roots.ts';
import { commitZap, makePagesAvailable, prepareZap } from './zap.ts';

const DIRECTORIES = 4;
const PRESENT = 1;

/** kvm_mmu_load: roots for the mode and CR3, synchronised, pointed to, and whatever the CPU had under them flushed. */
export function loadRoots(c: ShadowContext, vcpu: Vcpu): void {
  const roots = c.rootsOf(vcpu);
  c.paths.add(STEP.kvm_mmu_load);
  c.paths.add(STEP.mmu_topup_memory_caches);
  c.lock();
  makePagesAvailable(c);
  allocRoots(c, vcpu, roots);
  c.unlock();
  syncRoots(c);
  loadPgd(c, vcpu);
  vcpu.flushLinear();
}

/** kvm_mmu_load_pgd: CR3 as the CPU is to see it. */
export function loadPgd(c: ShadowContext, vcpu: Vcpu): void {
  const roots = c.rootsOf(vcpu);
  if (roots.frame(0) === 0) return;
  c.paths.add(vcpu.blocks.loadPgd);
  vcpu.useShadowRoot(roots.frame(0), roots.role & ROLE.LEVEL_MASK);
}

/** kvm_mmu_free_roots: root 0 is the current one. A PAE root's four directories are given up; so is a root that was zapped meanwhile. */
export function freeRoot(c: ShadowContext, roots: VcpuRoots, n: number): void {
  const frame = roots.frame(n);
  if (frame === 0) return;
  c.paths.add(STEP.kvm_mmu_free_roots);
  if (frame === roots.paeFrame) {
    for (let i = 0; i < DIRECTORIES; i++) {
      putRoot(c, directoryOf(c, frame, i));
      c.kvm.memory.setEntry(frame, i, 0, 0);
    }
  } else if (frame !== c.dummyRoot()) putRoot(c, c.pages.of(frame));
  roots.clear(n);
  commitZap(c);
}

/** kvm_mmu_unload. */
export function unload(c: ShadowContext, vcpu: Vcpu): void {
  const roots = c.rootsOf(vcpu);
  for (let n = 0; n <= PREVIOUS; n++) freeRoot(c, roots, n);
  vcpu.mmioCache.clear();
}

/** kvm_mmu_reset_context: the paging mode is another. What the CPU intercepts and forces for it is set as well (vmx_set_cr0, vmx_set_cr4). */
export function resetContext(c: ShadowContext, vcpu: Vcpu): void {
  const roots = c.rootsOf(vcpu);
  c.paths.add(STEP.kvm_mmu_reset_context);
  unload(c, vcpu);
  configure(vcpu, roots);
}

/** The role of roots, and the silicon's controls: all #PF exit; CR0 with PG, PE and WP, CR4 with PAE, EFER with NX, whatever the guest has. */
export function configure(vcpu: Vcpu, roots: VcpuRoots): void {
  roots.role = rootRole(vcpu.regs);
  roots.levels = guestLevels(vcpu.regs);
  vcpu.port.setPageFaultFilter(1, 0, 0);
  vcpu.port.setIntercepts(1, 1, -1, -1);
  const clear = roots.levels === 0 ? CR4.SMEP | CR4.SMAP | CR4.PKE : 0;
  vcpu.port.setForced(CR0.PG | CR0.PE | CR0.WP, CR4.PAE, EFER.NXE, clear);
}

/** kvm_mmu_free_obsolete_roots: those that were zapped under the vCPU. */
export function freeObsoleteRoots(c: ShadowContext, roots: VcpuRoots): void {
  for (let n = 0; n <= PREVIOUS; n++) if (isObsolete(c, roots, n)) freeRoot(c, roots, n);
}

/** kvm_set_cr3. False: #GP. */
export function setCr3(c: ShadowContext, vcpu: Vcpu, hi: number, lo: number, keep: boolean): boolean {
  const roots = c.rootsOf(vcpu);
  const { at } = vcpu.regs;
  const caches = c.kvm.policy.cachedRoots > 0;
  const same = at[REG.CR3_HI] === (hi | 0) && at[REG.CR3_LO] === (lo | 0);
  const pae = isPaePaging(vcpu);
  if (!same || pae) {
    if (!isLegalCr3(vcpu, hi)) return false;
    if (pae && !loadPdptrs(vcpu, lo)) return false;
    if (!same && caches) newPgd(c, vcpu, roots, hi, lo);
    else if (!same) freeRoot(c, roots, 0);
    at[REG.CR3_HI] = hi;
    at[REG.CR3_LO] = lo;
    if (!same && !caches) return true;
  }
  if (!caches) {
    syncRoots(c);
    roots.request(REQUEST.FLUSH_CURRENT);
  } else if (!keep) invalidatePcid(c, vcpu, roots, (at[REG.CR4]! & CR4.PCIDE) !== 0 ? lo & 0xfff : 0);
  return true;
}

/** kvm_invalidate_pcid: the current root is synchronised if it is of the PCID, a previous one given up. */
export function invalidatePcid(c: ShadowContext, vcpu: Vcpu, roots: VcpuRoots, pcid: number): void {
  const { at } = vcpu.regs;
  const pcide = (at[REG.CR4]! & CR4.PCIDE) !== 0;
  if ((pcide ? at[REG.CR3_LO]! & 0xfff : 0) === pcid) roots.request(REQUEST.MMU_SYNC | REQUEST.FLUSH_CURRENT);
  if (!pcide) return;
  for (let n = 1; n <= PREVIOUS; n++) if ((roots.cr3Lo(n) & 0xfff) === pcid) freeRoot(c, roots, n);
}

/** kvm_mmu_new_pgd: the root of the new CR3, if it is among the cached ones, becomes the current one; else the oldest makes room. */
function newPgd(c: ShadowContext, vcpu: Vcpu, roots: VcpuRoots, hi: number, lo: number): void {
  if (!fastPgdSwitch(c, roots, hi, lo)) return;
  roots.request(REQUEST.LOAD_PGD);
  vcpu.mmioCache.clear();
  c.pages.floods[c.pages.of(roots.frame(0))] = 0;
}

/** fast_pgd_switch; three-level roots are not kept. */
function fastPgdSwitch(c: ShadowContext, roots: VcpuRoots, hi: number, lo: number): boolean {
  const { pages } = c;
  if (roots.frame(0) !== 0 && pages.of(roots.frame(0)) === 0) freeRoot(c, roots, 0);
  const hasCurrent = roots.frame(0) !== 0;
  if (hasCurrent && isUsable(c, roots, 0, hi, lo)) return true;
  for (let n = 1; n <= PREVIOUS; n++) {
    if (hasCurrent) roots.swap(0, n);
    if (!isUsable(c, roots, hasCurrent ? 0 : n, hi, lo)) continue;
    if (!hasCurrent) takeOut(roots, n);
    return true;
  }
  if (hasCurrent) freeRoot(c, roots, 0);
  return false;
}

/** cached_root_find_without_current: the found one becomes current, and those after it move up. */
function takeOut(roots: VcpuRoots, n: number): void {
  roots.swap(0, n);
  for (let i = n; i < PREVIOUS; i++) roots.swap(i, i + 1);
}

function isUsable(c: ShadowContext, roots: VcpuRoots, n: number, hi: number, lo: number): boolean {
  c.paths.add(STEP.kvm_mmu_new_pgd);
  const page = c.pages.of(roots.frame(n));
  if (page === 0 || c.pages.role[page] !== roots.role) return false;
  return roots.cr3Hi(n) === (hi | 0) && roots.cr3Lo(n) === (lo | 0);
}

function isObsolete(c: ShadowContext, roots: VcpuRoots, n: number): boolean {
  const frame = roots.frame(n);
  if (frame === 0) return false;
  if (frame === c.dummyRoot()) return true;
  if (frame !== roots.paeFrame) return isInvalid(c.pages.role[c.pages.of(frame)]!);
  for (let i = 0; i < DIRECTORIES; i++) {
    const directory = directoryOf(c, frame, i);
    if (directory !== 0 && isInvalid(c.pages.role[directory]!)) return true;
  }
  return false;
}

/** mmu_free_root_page. */
function putRoot(c: ShadowContext, page: number): void {
  if (page === 0) return;
  c.pages.rootCount[page]!--;
  c.pages.changed();
  if (c.pages.rootCount[page] === 0 && isInvalid(c.pages.role[page]!)) prepareZap(c, page);
}

/** mmu_alloc_direct_roots, mmu_alloc_shadow_roots. A CR3 (or pointer) outside memory gives a root that maps nothing. */
function allocRoots(c: ShadowContext, vcpu: Vcpu, roots: VcpuRoots): void {
  const { at } = vcpu.regs;
  const hi = at[REG.CR3_HI]!;
  const lo = at[REG.CR3_LO]!;
  const gfn = roots.levels >= 4 ? (hi & 0xf_ffff) * 0x10_0000 + (lo >>> 12) : lo >>> 12;
  if (roots.levels !== 0 && !isVisible(c, gfn)) {
    roots.set(0, c.dummyRoot(), hi, lo);
    return;
  }
  if (roots.levels >= 4) {
    const page = allocRoot(c, gfn, roots.role);
    roots.set(0, c.pages.frame[page]!, hi, lo);
    return;
  }
  if (roots.paeFrame === 0) roots.paeFrame = c.kvm.memory.allocFrame();
  for (let i = 0; i < DIRECTORIES; i++) {
    const root = directoryGfn(c, vcpu, roots, gfn, i);
    if (root < 0) {
      c.kvm.memory.setEntry(roots.paeFrame, i, 0, 0);
      continue;
    }
    const quadrant = (roots.role & ROLE.HAS_4_BYTE_GPTE) !== 0 ? i : 0;
    const page = allocRoot(c, root, atLevel(roots.role, PAE_LEVEL - 1, quadrant));
    const frame = c.pages.frame[page]!;
    c.kvm.memory.setEntry(roots.paeFrame, i, paePointerHi(frame), paePointerLo(frame));
  }
  roots.set(0, roots.paeFrame, hi, lo);
}

/** Guest frame that directory `i` shadows: a quarter of the address space without paging, the page directory of a 32-bit guest, or a PAE pointer's. */
function directoryGfn(c: ShadowContext, vcpu: Vcpu, roots: VcpuRoots, gfn: number, i: number): number {
  if (roots.levels === 0) return i << 18;
  if (roots.levels === 2) return gfn;
  const lo = vcpu.pdptrs[i * 2]!;
  const pointed = (vcpu.pdptrs[i * 2 + 1]! & 0xf_ffff) * 0x10_0000 + (lo >>> 12);
  return (lo & PRESENT) !== 0 && isVisible(c, pointed) ? pointed : -1;
}

/** mmu_alloc_root. */
function allocRoot(c: ShadowContext, gfn: number, role: number): number {
  const page = getShadowPage(c, gfn, role);
  c.pages.rootCount[page]!++;
  c.pages.changed();
  return page;
}

const isVisible = (c: ShadowContext, gfn: number): boolean => c.kvm.slots.find(0, gfn) >= 0;
