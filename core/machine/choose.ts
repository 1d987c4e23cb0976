import { err, ok, type Result } from '../base/result.ts';
import { hostXstate } from '../cost/host-xstate.ts';
import { BASE_SLICE_US } from '../cost/host-scheduler.ts';
import { findCpuMachine } from '../cost/cpu-models.ts';
import type { CpuModel } from '../cost/cpu-model.ts';
import { type MitigationId, parseMitigations, resolveMitigations } from '../cost/mitigations.ts';
import type { CpuConfig } from '../cpu/config.ts';
import { applyDesign } from '../design/apply.ts';
import type { Design } from '../design/design.ts';
import { findDesign, findKernel } from '../design/registry.ts';
import type { HostXstate } from '../kvm/run-loop/xstate.ts';
import type { KvmPolicy } from '../kvm/policy.ts';
import type { MachineSettings } from './settings.ts';

/** The values behind a machine's names. */
export interface Chosen {
  readonly model: CpuModel;
  readonly design: Design;
  readonly policy: KvmPolicy;
  readonly mitigations: readonly MitigationId[];
  readonly cpu: Partial<CpuConfig>;
  readonly xstate: HostXstate;
  /** Of the in-kernel local APIC, where the script asks for one. */
  readonly lapic: { readonly apicv: boolean; readonly hvTimer: boolean; readonly ipiVirtualization: boolean };
  /** TDs can be made. */
  readonly tdx: boolean;
  /** Levels of the nested tables where the switch says so. */
  readonly nestedLevels: number | null;
  /** Host CPUs that the vCPUs share, and the scheduler's slice in microseconds; null for one each. */
  readonly hostCpus: { readonly count: number; readonly sliceUs: number } | null;
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
  const apicv = (switches['apicv'] ?? hasApicv(model.value, policy)) === true;
  const virtualIpis = switches['ipiVirtualization'] === true;
  if (virtualIpis && !sendsIpis(model.value))
    return err(
      `ipiVirtualization: ${model.value.name} sends no IPIs by itself; Intel does since Sapphire Rapids, AMD by x2AVIC since Zen 4`,
    );
  if (virtualIpis && !apicv) return err('ipiVirtualization goes with apicv=true: the CPU posts what it sends');
  return ok({
    model: model.value,
    design: design.value,
    policy,
    mitigations: resolveMitigations(choice.value, model.value.mitigations, settings.kernel),
    cpu: cpuSwitches(settings, model.value, design.value, policy),
    xstate: {
      ...hostXstate(model.value),
      ...(typeof switches['hostXss'] === 'number' ? { xss: switches['hostXss'] } : {}),
    },
    lapic: {
      apicv,
      ipiVirtualization: virtualIpis,
      hvTimer: model.value.vendor === 'intel' && policy.hvTimer && switches['hvTimer'] !== false,
    },
    tdx: policy.tdx && settings.mmu === 'ept' && model.value.year >= TDX_SINCE,
    nestedLevels: typeof switches['nestedLevels'] === 'number' ? switches['nestedLevels'] : null,
    hostCpus:
      typeof switches['hostCpus'] === 'number' && switches['hostCpus'] > 0
        ? { count: switches['hostCpus'], sliceUs: Number(switches['hostSliceUs'] ?? BASE_SLICE_US.value) }
        : null,
  });
}

/** Why the trap entries of bypass_guest_pf are none on this CPU, or null: they are told by reserved address bits. */
function noTrapEntry(policy: KvmPolicy, { vendor, name, geometry }: CpuModel, bits: unknown): string | null {
  if (policy.bypassGuestPf === 'off' || vendor !== 'intel') return null;
  if ((typeof bits === 'number' ? bits : geometry.maxphyaddr) < 52) return null;
  return `bypass_guest_pf marks shadow entries by reserved address bits, and with its 52 address bits ${name} has none: choose an older CPU, or --designs no-bypass`;
}

/** TDX came to servers with the generation of this year. */
const TDX_SINCE = 2023;

/**
 * APICv with posted interrupts: Intel since Ivy Bridge-EP of 2013, KVM since 3.10. AVIC in x2APIC mode: AMD since Zen 4 of 2022, on by default
 * since 6.18 (recalled).
 */
const hasApicv = ({ vendor, year }: CpuModel, { x2avic }: KvmPolicy): boolean =>
  vendor === 'intel' ? year >= 2013 : year >= 2022 && x2avic;

/** IPI virtualisation: Linux d588bb9be1da, 6.0, names Sapphire Rapids. x2AVIC: see above. */
const sendsIpis = ({ vendor, year }: CpuModel): boolean => year >= (vendor === 'intel' ? 2023 : 2022);

function cpuSwitches(
  settings: MachineSettings,
  model: CpuModel,
  design: Design,
  policy: KvmPolicy,
): Partial<CpuConfig> {
  const { features } = model;
  const given = { ...settings.switches };
  delete given['mmioCaching'];
  for (const name of ['nestedLevels', 'hostXss', 'apicv', 'hvTimer', 'hostCpus', 'hostSliceUs', 'ipiVirtualization'])
    delete given[name];
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
