import { STEP } from '../../../cost/steps.ts';
import { REG } from '../../../guest/registers.ts';
import { PTE } from '../../../spec/paging.ts';
import { ACC, addressHi, addressLo, gfnOfEntry, ROLE_INVALID } from './entry.ts';
import { getPage } from './get-page.ts';
import type { Mmu2007 } from './mmu.ts';
import type { VcpuMmu } from './vcpu-mmu.ts';
import { freeSomePages, zapPage } from './zap.ts';

/** kvm_mmu_load: roots for the guest's mode and CR3, shown to the CPU, and the TLB flushed. */
export function loadRoots(mmu: Mmu2007, vcpu: VcpuMmu): void {
  const { paths, rules } = mmu;
  paths.add(STEP.kvm_mmu_load);
  paths.add(rules.is2008 ? STEP['mmu_lock.write'] : STEP['kvm_lock.mutex']);
  freeSomePages(mmu);
  if (vcpu.rootLevel === 4) allocLongRoot(mmu, vcpu);
  else allocPaeRoots(mmu, vcpu);
  vcpu.hasRoots = true;
  paths.add(STEP.kvm_mmu_load_pgd);
  paths.add(rules.isIntel ? STEP['hw.vmwrite'] : STEP['hw.vmcb_access']);
  if (vcpu.rootLevel === 4) vcpu.vcpu.useShadowRoot(mmu.pages.frame[vcpu.root(0)]!, 4);
  else vcpu.vcpu.useShadowRoot(vcpu.paeFrame, 3);
  mmu.flushTlb(vcpu);
}

const accessOfRoot = (mmu: Mmu2007): number => (mmu.rules.is2008 ? ACC.ALL : 0);

function allocLongRoot(mmu: Mmu2007, vcpu: VcpuMmu): void {
  const { at } = vcpu.vcpu.regs;
  takeRoot(
    mmu,
    vcpu,
    0,
    getPage(mmu, vcpu, gfnOfEntry(at[REG.CR3_HI]!, at[REG.CR3_LO]!), 0, 4, 0, accessOfRoot(mmu), 0),
  );
}

/** Four roots of a GiB each: a PAE guest's page directories, quarters of a 32-bit guest's, or plain frames without paging. */
function allocPaeRoots(mmu: Mmu2007, vcpu: VcpuMmu): void {
  const { memory, pages } = mmu;
  const { pdptrs } = vcpu.vcpu;
  if (vcpu.paeFrame === 0) vcpu.paeFrame = memory.allocFrame();
  const cr3Gfn = gfnOfEntry(0, vcpu.vcpu.regs.at[REG.CR3_LO]!);
  for (let i = 0; i < 4; i++) {
    let gfn = vcpu.rootLevel === 0 ? 0 : cr3Gfn;
    if (vcpu.rootLevel === 3) {
      if ((pdptrs[i * 2]! & PTE.P) === 0) {
        memory.setEntry(vcpu.paeFrame, i, 0, 0);
        continue;
      }
      gfn = gfnOfEntry(pdptrs[i * 2 + 1]!, pdptrs[i * 2]!);
    }
    const page = getPage(mmu, vcpu, gfn, i << 30, 2, vcpu.rootLevel === 0 ? 1 : 0, accessOfRoot(mmu), 0);
    takeRoot(mmu, vcpu, i, page);
    const frame = pages.frame[page]!;
    memory.setEntry(vcpu.paeFrame, i, addressHi(frame), addressLo(frame) | PTE.P);
  }
}

function takeRoot(mmu: Mmu2007, vcpu: VcpuMmu, i: number, page: number): void {
  mmu.pages.rootCount[page]!++;
  vcpu.setRoot(i, page);
}

/** mmu_free_roots: the shadow pages stay, for the next time this CR3 is loaded. In 2.6.26 one that was zapped in use goes now. */
export function freeRoots(mmu: Mmu2007, vcpu: VcpuMmu): void {
  if (!vcpu.hasRoots) return;
  const { pages, rules } = mmu;
  mmu.paths.add(STEP.kvm_mmu_free_roots);
  if (rules.is2008) mmu.paths.add(STEP['mmu_lock.write']);
  for (let i = 0; i < 4; i++) {
    const page = vcpu.root(i);
    if (page === 0) continue;
    pages.rootCount[page]!--;
    vcpu.setRoot(i, 0);
    if (rules.is2008 && pages.rootCount[page] === 0 && (pages.role[page]! & ROLE_INVALID) !== 0) zapPage(mmu, page);
  }
  vcpu.hasRoots = false;
}
