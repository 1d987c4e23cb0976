import type { ExitFrame } from './exit-frame.ts';
import type { MitigationId } from './mitigations.ts';

/** The run loop under which an anchor of a CPU model was taken. */
export interface RunLoopSetting {
  /** Id of a kernel of core/design/kernels with this run loop. */
  readonly kernel: string;
  readonly frame: ExitFrame;
  /** Skipping an instruction looks at RFLAGS.TF (from 4.10). */
  readonly skipReadsTrapFlag: boolean;
}

type Epoch = (vendor: 'intel' | 'amd', mitigations?: readonly MitigationId[]) => RunLoopSetting;

const epoch =
  (kernel: string, xcr0: 'lazy' | 'inner' | 'outer', ops: 'pointers' | 'static', skipReadsTrapFlag: boolean): Epoch =>
  (vendor, mitigations = []) => ({ kernel, frame: { vendor, xcr0, ops, mitigations }, skipReadsTrapFlag });

/** To 4.5: XCR0 loaded lazily. */
export const LAZY_XCR0 = epoch('3.14', 'lazy', 'pointers', false);

/** 4.10 to 5.11: XCR0 swapped in the run function, kvm_x86_ops called through pointers. */
export const POINTER_OPS = epoch('4.15', 'inner', 'pointers', true);

/** 5.12 to 6.18: the same with static calls. */
export const STATIC_OPS = epoch('6.18', 'inner', 'static', true);
