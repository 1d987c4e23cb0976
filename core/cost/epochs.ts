import type { FlowSetting } from './flows.ts';
import type { MitigationId } from './mitigations.ts';

type Epoch = (vendor: 'intel' | 'amd', mitigations?: readonly MitigationId[]) => FlowSetting;

const epoch =
  (
    xcr0: 'lazy' | 'inner' | 'outer',
    ops: 'pointers' | 'static',
    rest: { readonly trapFlag: boolean; readonly exitGpaUsed: boolean; readonly fastMmio: boolean },
  ): Epoch =>
  (vendor, mitigations = []) => ({ frame: { vendor, xcr0, ops, mitigations }, ...rest });

/** Kernels to 3.14: XCR0 lazy, no FAST_MMIO, the operand's GPA walked for. */
export const BEFORE_FAST_MMIO = epoch('lazy', 'pointers', { trapFlag: false, exitGpaUsed: false, fastMmio: false });

/** 3.15 to 4.5. */
export const FIRST_FAST_MMIO = epoch('lazy', 'pointers', { trapFlag: false, exitGpaUsed: false, fastMmio: true });

/** 4.14 to 5.11: XCR0 swapped in the run function, GPA of the exit used. */
export const POINTER_OPS = epoch('inner', 'pointers', { trapFlag: true, exitGpaUsed: true, fastMmio: true });

/** 5.12 to 6.18: the same with static calls. */
export const STATIC_OPS = epoch('inner', 'static', { trapFlag: true, exitGpaUsed: true, fastMmio: true });

/** From 6.19: XCR0 and XSS swapped outside the fastpath loop. */
export const OUTER_SWAP = epoch('outer', 'static', { trapFlag: true, exitGpaUsed: true, fastMmio: true });
