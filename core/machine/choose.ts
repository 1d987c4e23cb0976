import { err, ok, type Result } from '../base/result.ts';
import { findCpuMachine } from '../cost/cpu-models.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import { type MitigationId, parseMitigations, resolveMitigations } from '../cost/mitigations.ts';
import type { CpuConfig } from '../cpu/config.ts';
import { applyDesign } from '../design/apply.ts';
import type { Design } from '../design/design.ts';
import { findDesign, findKernel } from '../design/registry.ts';
import type { KvmPolicy } from '../kvm/policy.ts';
import type { MachineSettings } from './settings.ts';

/** The values behind a machine's names. */
export interface Chosen {
  readonly model: CpuModel;
  readonly design: Design;
  readonly policy: KvmPolicy;
  readonly mitigations: readonly MitigationId[];
  readonly cpu: Partial<CpuConfig>;
  /** Levels of the nested tables where the switch says so. */
  readonly nestedLevels: number | null;
}

/** Looks the names up and applies the design and the switches, or says what is wrong. */
export function choose(settings: MachineSettings): Result<Chosen, string> {
  const model = findCpuMachine(settings.cpu);
  if (!model.ok) return model;
  const wanted = model.value.vendor === 'intel' ? 'ept' : 'npt';
  if (settings.mmu !== wanted && settings.mmu !== 'shadow')
    return err(`${settings.cpu} has ${wanted.toUpperCase()}, not ${settings.mmu.toUpperCase()}`);
  const kernel = findKernel(settings.kernel);
  if (!kernel.ok) return kernel;
  const design = findDesign(settings.design);
  if (!design.ok) return design;
  const applied = applyDesign(kernel.value.policy, design.value, settings.mmu);
  if (!applied.ok) return err(`${applied.error} (kernel ${settings.kernel}, ${settings.mmu})`);
  const choice = parseMitigations(settings.mitigations);
  if (!choice.ok) return choice;
  const { switches } = settings;
  const policy: KvmPolicy = {
    ...applied.value,
    underHypervisor: settings.nestedHost,
    mmioCaching: applied.value.mmioCaching && switches['mmioCaching'] !== false,
  };
  const ambiguous = noTrapEntry(policy, model.value, switches['maxphyaddr']);
  if (ambiguous !== null) return err(ambiguous);
  return ok({
    model: model.value,
    design: design.value,
    policy,
    mitigations: resolveMitigations(choice.value, model.value.mitigations, settings.kernel),
    cpu: cpuSwitches(settings, model.value, design.value, policy),
    nestedLevels: typeof switches['nestedLevels'] === 'number' ? switches['nestedLevels'] : null,
  });
}

/** Why the trap entries of bypass_guest_pf are none on this CPU, or null: they are told by reserved address bits. */
function noTrapEntry(policy: KvmPolicy, { vendor, name, geometry }: CpuModel, bits: unknown): string | null {
  if (policy.bypassGuestPf === 'off' || vendor !== 'intel') return null;
  if ((typeof bits === 'number' ? bits : geometry.maxphyaddr) < 52) return null;
  return `bypass_guest_pf marks shadow entries by reserved address bits, and with its 52 address bits ${name} has none: choose an older CPU, or --designs no-bypass`;
}

function cpuSwitches(
  settings: MachineSettings,
  model: CpuModel,
  design: Design,
  policy: KvmPolicy,
): Partial<CpuConfig> {
  const { features } = model;
  const given = { ...settings.switches };
  delete given['mmioCaching'];
  delete given['nestedLevels'];
  const { eptAD, pscEntries, ...others } = given;
  return {
    nested: settings.mmu === 'shadow' ? 'none' : settings.mmu,
    vendor: model.vendor,
    vpid: settings.vpid && ((features.vpid && policy.vpid) || model.vendor === 'amd'),
    eptAd: (eptAD ?? true) !== false && features.eptAd,
    executeOnly: features.executeOnly,
    p1g: features.p1g,
    nrips: features.nrips,
    seed: settings.seed,
    misconfigFillsInsnLen: !settings.nestedHost,
    ...(typeof pscEntries === 'number' ? { pscSizes: pscSizes(pscEntries, model.vendor) } : {}),
    ...design.cpu,
    ...others,
  };
}

const pscSizes = (entries: number, vendor: 'intel' | 'amd'): NonNullable<CpuConfig['pscSizes']> =>
  vendor === 'amd' ? entries : [entries, entries, entries, entries];
