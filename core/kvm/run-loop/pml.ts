import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import type { Vcpu } from '../vcpu.ts';

/** PML_LOG_NR_ENTRIES. The index counts down; this value means that nothing was logged. */
const LAST_ENTRY = 511;

/** vmx_flush_pml_buffer: at every exit, before its handler, the pages the CPU logged are marked dirty. */
export function drainPml(vcpu: Vcpu): void {
  const { kvm, paths, port } = vcpu;
  const index = port.pmlIndex();
  paths.add(STEP['hw.vmread']);
  if (index === LAST_ENTRY) return;
  const first = index > LAST_ENTRY ? 0 : index + 1;
  for (let entry = first; entry <= LAST_ENTRY; entry++) {
    const lo = kvm.memory.entryLo(vcpu.pmlFrame, entry);
    const hi = kvm.memory.entryHi(vcpu.pmlFrame, entry);
    kvm.ram.markDirty(wordsToPage(hi, lo));
  }
  paths.addN(STEP.vmx_flush_pml_buffer, LAST_ENTRY + 1 - first);
  port.resetPmlIndex();
  paths.add(STEP['hw.vmwrite']);
}
