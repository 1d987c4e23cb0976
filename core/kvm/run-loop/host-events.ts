import { STEP } from '../../cost/steps.ts';
import { STAT } from '../stats.ts';
import type { Vcpu } from '../vcpu.ts';
import { SWAP } from './xstate.ts';
import { drainPml } from './pml.ts';

/** The step of whoever notices the deadline is in the path already. */
const COUNTED = -1;

/** What became of a host event that brought the vCPU out of the guest. */
export interface HostEvent {
  /** How often its work was done: an interrupt served, a machine check handed over. */
  readonly served: number;
  /** The work was done while guest XCR0 or PKRU was still loaded. */
  readonly withGuestState: boolean;
}

/**
 * EXTERNAL_INTERRUPT exit (Intel), INTR (AMD). On Intel the CPU acknowledges the interrupt with the exit, so that nobody but
 * handle_exit_irqoff() can serve it; on AMD it stays pending until IRQs are on (O20). Version 1 of the machine-check patches returned early
 * for TDs, before that work. `handler` is the step of the interrupt's own work. (arch/x86/kvm/vmx/main.c, vmx.c; seed 003)
 */
export function externalInterrupt(vcpu: Vcpu, handler: number): HostEvent {
  const event = interruptExit(vcpu, handler);
  vcpu.enter();
  return event;
}

/** The first half of `externalInterrupt`: the vCPU is out of the guest, in vcpu_run(), and what comes next is the way back. */
export function interruptExit(vcpu: Vcpu, handler: number): HostEvent {
  const { paths, blocks, kvm } = vcpu;
  const served = kvm.policy.mcHandling === 'v1' && vcpu.stateProtected ? 0 : 1;
  const word = vcpu.swap;
  paths.add(STEP['hw.vmexit']);
  paths.add(blocks.interruptBefore[word]!);
  if (served > 0) paths.add(handler);
  if (handler === STEP.apic_timer_fn) vcpu.expireTimer(COUNTED);
  paths.add(blocks.interruptAfter[word]!);
  isOut(vcpu);
  return { served, withGuestState: false };
}

/**
 * A machine check that came in the guest, or during VM entry. In the guest on VMX it is an exception exit, served with IRQs off in every kernel;
 * on SVM, and during entry on VMX and TDX, the run function served it itself to 6.18.
 */
export function machineCheck(vcpu: Vcpu, when: 'guest' | 'entry'): HostEvent {
  const { paths, blocks, kvm } = vcpu;
  const { mcHandling, xcr0, pkru } = kvm.policy;
  const word = vcpu.swap;
  const inside = mcHandling === 'inside' && !(kvm.isIntel && when === 'guest');
  // Version 1 handled it in its wrapper, for TDs too, but an exception exit of a TD was left to what it left out.
  const served = mcHandling === 'v1' && vcpu.stateProtected && when === 'guest' ? 0 : 1;
  paths.add(STEP['hw.vmexit']);
  paths.add(blocks.innerExit[word]!);
  if (inside) paths.add(STEP.kvm_machine_check);
  paths.add(blocks.outerBefore[word]!);
  if (!inside && served > 0) paths.add(STEP.kvm_machine_check);
  paths.add(blocks.outerAfter[word]!);
  isOut(vcpu);
  vcpu.enter();
  const xstate = xcr0 === 'outer' && (word & (SWAP.XCR0 | SWAP.XSS)) !== 0;
  return { served, withGuestState: inside && (xstate || (pkru === 'outer' && (word & SWAP.PKRU) !== 0)) };
}

/** Nothing is left for the handler. */
function isOut(vcpu: Vcpu): void {
  const { kvm } = vcpu;
  kvm.stats[STAT.exits]!++;
  vcpu.emulated = false;
  if (kvm.logsByPml) drainPml(vcpu);
}
