import { STEP } from '../cost/steps.ts';
import { OP, OP_COUNT } from '../guest/instruction.ts';
import { KIND } from './rights.ts';

/** The kind of translation each memory operation asks for; -1 where it is not a plain memory operation. */
export const KIND_OF = new Int32Array(OP_COUNT).fill(-1);
KIND_OF[OP.READ] = KIND.READ;
KIND_OF[OP.WRITE] = KIND.WRITE;
KIND_OF[OP.FETCH] = KIND.FETCH;
for (let op: number = OP.ADD; op <= OP.CMPXCHG; op++) KIND_OF[op] = KIND.RMW;

/** The step of the instruction itself, charged before all others; -1 where the operation has none. */
export const STEP_OF = new Int32Array(OP_COUNT).fill(-1);
STEP_OF[OP.READ] = STEP['guest.read'];
STEP_OF[OP.WRITE] = STEP['guest.write'];
STEP_OF[OP.FETCH] = STEP['guest.fetch'];
for (let op: number = OP.ADD; op <= OP.CMPXCHG; op++) STEP_OF[op] = STEP['guest.rmw'];
STEP_OF[OP.OUT] = STEP_OF[OP.OUTS] = STEP['guest.out'];
STEP_OF[OP.IN] = STEP_OF[OP.INS] = STEP['guest.in'];
STEP_OF[OP.MOV_CR3] = STEP['guest.mov_cr3'];
STEP_OF[OP.MOV_CR0] = STEP_OF[OP.MOV_CR4] = STEP['guest.mov_cr'];
STEP_OF[OP.INVLPG] = STEP['guest.invlpg'];
STEP_OF[OP.INVPCID] = STEP['guest.invpcid'];
STEP_OF[OP.WRPKRU] = STEP['guest.wrpkru'];
STEP_OF[OP.SET_CPL] = STEP['guest.mode_switch'];
STEP_OF[OP.CPUID] = STEP['guest.cpuid'];
STEP_OF[OP.HLT] = STEP['guest.hlt'];
STEP_OF[OP.INVD] = STEP_OF[OP.WBINVD] = STEP['guest.invd'];
STEP_OF[OP.WRMSR] = STEP['guest.wrmsr'];
STEP_OF[OP.XSETBV] = STEP['guest.xsetbv'];
STEP_OF[OP.VMCALL] = STEP['guest.vmcall'];
