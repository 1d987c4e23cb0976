import { wordsToPage } from '../../base/words.ts';
import { STEP } from '../../cost/steps.ts';
import { PML_LAST_INDEX } from '../../spec/ept.ts';
import type { Vcpu } from '../vcpu.ts';

/** vmx_flush_pml_buffer: at every exit, before its handler, the pages the CPU logged are marked dirty. */
export function drainPml(vcpu: Vcpu): void {
  const { kvm, paths, port } = vcpu;
  const index = port.pmlIndex();
  paths.add(STEP['hw.vmread']);
  // Nothing was logged.
  if (index === PML_LAST_INDEX) return;
  const first = index > PML_LAST_INDEX ? 0 : index + 1;
  for (let entry = first; entry <= PML_LAST_INDEX; entry++) {
    const lo = kvm.memory.entryLo(vcpu.pmlFrame, entry);
    const hi = kvm.memory.entryHi(vcpu.pmlFrame, entry);
    kvm.ram.markDirty(wordsToPage(hi, lo));
  }
  paths.addN(STEP.vmx_flush_pml_buffer, PML_LAST_INDEX + 1 - first);
  port.resetPmlIndex();
  paths.add(STEP['hw.vmwrite']);
}
