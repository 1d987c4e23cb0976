import { unknownName } from '../base/closest.ts';
import { err, ok } from '../base/result.ts';
import type { Result } from '../base/result.ts';
import type { StepName } from './steps.ts';

/**
 * The mitigations of speculative execution as an axis of their own: which steps each adds to an exit, an entry or an indirect call.
 * What a step costs stands in prices/world-switch.ts. `eibrs` and `auto-ibrs` add none: the CPU keeps the predictors apart by itself.
 */
interface Mitigation {
  readonly id: string;
  readonly name: string;
  /** Added after every VM exit, before any other return. */
  readonly onExit?: StepName;
  /** Added before every VM entry. */
  readonly onEntry?: StepName;
  /** Added only before an entry for which the kernel asked: after an emulation, a vCPU load, an interrupt. */
  readonly onRequestedEntry?: StepName;
  /** Added to every indirect call. */
  readonly perIndirectCall?: StepName;
  /** First upstream kernel that knows it, as [major, minor]; releases recalled, not looked up. */
  readonly since: readonly [number, number];
  readonly source: string;
}

const ROWS = [
  {
    id: 'retpoline',
    name: 'indirect calls through a return trampoline (Spectre v2)',
    perIndirectCall: 'mitigation.retpoline',
    since: [4, 15],
    source: 'Linux 4.15; recalled',
  },
  {
    id: 'ibrs',
    name: 'legacy IBRS: SPEC_CTRL written at every exit',
    onExit: 'mitigation.ibrs',
    since: [4, 15],
    source: 'P. Bonzini, lkml 1802.2/02466 (2018)',
  },
  {
    id: 'eibrs',
    name: 'enhanced IBRS, always on',
    since: [4, 19],
    source: 'Intel; about no cost at an exit: recalled',
  },
  {
    id: 'eibrs-pbrsb',
    name: 'enhanced IBRS and a barrier against post-barrier return stack prediction',
    onExit: 'mitigation.pbrsb',
    since: [6, 0],
    source: 'lkml 2210.0/05508 (2022)',
  },
  {
    id: 'l1d-flush',
    name: 'L1D flushed before an entry after work that may have loaded secrets (L1TF, mode cond)',
    onRequestedEntry: 'mitigation.l1d_flush',
    since: [4, 19],
    source: 'Linux l1tf documentation; recalled',
  },
  {
    id: 'verw',
    name: 'VERW clears CPU buffers before an entry (MDS)',
    onEntry: 'mitigation.verw',
    since: [5, 2],
    source: 'Linux mds documentation; recalled',
  },
  {
    id: 'rsb-fill',
    name: 'return stack filled with 32 calls after an exit',
    onExit: 'mitigation.rsb_fill',
    since: [4, 16],
    source: 'Linux FILL_RETURN_BUFFER at VM exit; recalled',
  },
  { id: 'auto-ibrs', name: 'automatic IBRS (Zen 4)', since: [6, 3], source: 'AMD; about no cost at an exit: recalled' },
] as const satisfies readonly Mitigation[];

export type MitigationId = (typeof ROWS)[number]['id'];

export const MITIGATIONS: readonly (Mitigation & { readonly id: MitigationId })[] = ROWS;

/** `default`: what the CPU generation needs and the kernel knows. */
type MitigationChoice = 'default' | readonly MitigationId[];

/** Reads a user's choice: `default`, `none`, or ids joined by `+`. */
export function parseMitigations(text: string): Result<MitigationChoice> {
  if (text === 'default') return ok('default');
  if (text === 'none') return ok([]);
  const ids = text.split('+');
  if (ids.includes('none') || ids.includes('default'))
    return err(`mitigations '${text}': 'none' and 'default' stand alone`);
  const unknown = ids.find((id) => !isMitigation(id));
  if (unknown !== undefined)
    return err(unknownName('mitigation', unknown, ['default', 'none', ...MITIGATIONS.map((row) => row.id)]));
  return ok([...new Set(ids.filter(isMitigation))]);
}

const isMitigation = (id: string): id is MitigationId => MITIGATIONS.some((row) => row.id === id);

/**
 * The mitigations in force. A choice by name holds on every kernel; `default` takes what the model needs (`needed`) as far as the kernel
 * (`version` such as `4.15`) is new enough to know it.
 */
export function resolveMitigations(
  choice: MitigationChoice,
  needed: readonly MitigationId[],
  version: string,
): readonly MitigationId[] {
  if (choice !== 'default') return choice;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return MITIGATIONS.filter(({ id, since }) => {
    return needed.includes(id) && (major > since[0] || (major === since[0] && minor >= since[1]));
  }).map(({ id }) => id);
}

/** Steps after a VM exit, in the kernel's order: return stack first. */
export const mitigationsOnExit = (active: readonly MitigationId[]): StepName[] => stepsOf(active, 'onExit');

/** Steps before a VM entry. A flush of L1D clears the CPU buffers too, so VERW is left out when one is taken. */
export function mitigationsOnEntry(active: readonly MitigationId[], flushRequested: boolean): StepName[] {
  const flush = flushRequested ? stepsOf(active, 'onRequestedEntry') : [];
  return flush.length > 0 ? flush : stepsOf(active, 'onEntry');
}

/** True when an indirect call takes the step `mitigation.retpoline` besides its own. */
export const hasRetpoline = (active: readonly MitigationId[]): boolean => active.includes('retpoline');

function stepsOf(active: readonly MitigationId[], when: 'onExit' | 'onEntry' | 'onRequestedEntry'): StepName[] {
  return MITIGATIONS.filter(({ id }) => active.includes(id)).flatMap((row) => row[when] ?? []);
}
