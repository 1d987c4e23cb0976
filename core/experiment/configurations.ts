import { unknownName } from '../base/closest.ts';
import { err, ok, type Result } from '../base/result.ts';
import { findCpuMachine } from '../cost/cpu-models.ts';
import { parseMitigations } from '../cost/mitigations.ts';
import { applyDesign } from '../design/apply.ts';
import type { Mmu } from '../design/design.ts';
import { designs, findDesign, findKernel } from '../design/registry.ts';
import { checkSwitches } from './switches.ts';
import type { Configuration } from './result.ts';

/** The axes of a comparison; what is left out takes its default. Every combination that makes sense becomes a configuration. */
export interface Selection {
  readonly cpus?: readonly string[];
  readonly mmus?: readonly string[];
  readonly kernels?: readonly string[];
  readonly designs?: readonly string[];
  readonly mitigations?: readonly string[];
  readonly nestedHost?: readonly boolean[];
  readonly vpid?: readonly boolean[];
  readonly hostPages?: readonly string[];
  /** CPUs of the host that the vCPUs share, 0 for one each: values of the switch hostCpus. */
  readonly hostCpus?: readonly number[];
  readonly seed?: number;
  readonly switches?: Readonly<Record<string, boolean | number | string>>;
}

export const DEFAULT_CPUS = { ept: 'sapphire-rapids', npt: 'zen4' } as const;
export const DEFAULT_KERNEL = '7.0';
/** Designs of a comparison that names none. */
const COMPARED = designs.filter(({ onlyByName }) => onlyByName !== true).map(({ id }) => id);
const HOST_PAGES = ['4K', '2M', '1G'];
const MMUS: readonly Mmu[] = ['ept', 'npt', 'shadow'];
/** What an open axis compares: each vendor's nested paging. */
const NESTED: readonly Mmu[] = ['ept', 'npt'];

/**
 * The configurations of a selection, or one sentence. Where the MMU is left open it is the CPU's nested paging, or shadow paging with a
 * kernel that knows no other. A combination that contradicts itself (FAST_MMIO on a kernel without it, EPT on
 * an AMD CPU) is left out; it is an error when the user named the design and no combination with it is left.
 */
export function parseConfigurations(selection: Selection): Result<Configuration[], string> {
  const machines = chooseMachines(selection.cpus, selection.mmus);
  if (!machines.ok) return machines;
  const switches = checkSwitches(selection.switches ?? {});
  if (!switches.ok) return switches;
  const shares = sharedCpus(selection.hostCpus, switches.value);
  if (!shares.ok) return shares;
  const hostPages = selection.hostPages ?? ['4K'];
  const badPage = hostPages.find((page) => !HOST_PAGES.includes(page));
  if (badPage !== undefined) return err(unknownName('host page size', badPage, HOST_PAGES));
  const badMitigations = (selection.mitigations ?? []).map(parseMitigations).find(({ ok }) => !ok);
  if (badMitigations?.ok === false) return badMitigations;
  const refused = new Map<string, string>();
  const list: Configuration[] = [];
  for (const machine of machines.value)
    for (const kernel of selection.kernels ?? [DEFAULT_KERNEL])
      for (const mitigations of selection.mitigations ?? ['default'])
        for (const nestedHost of selection.nestedHost ?? [false])
          for (const vpid of vpidsOf(selection.vpid ?? [true], kernel, machine.cpu))
            for (const hostPage of hostPages)
              for (const design of selection.designs ?? COMPARED) {
                const { cpu } = machine;
                const mmu = selection.mmus === undefined && hasOnlyShadow(kernel) ? 'shadow' : machine.mmu;
                const usable = contradiction(kernel, design, mmu);
                if (!usable.ok) return usable;
                if (usable.value !== null) {
                  refused.set(design, usable.value);
                  continue;
                }
                for (const shared of shares.value)
                  list.push({
                    name: '',
                    cpu,
                    mmu,
                    kernel,
                    design,
                    mitigations,
                    nestedHost,
                    vpid,
                    hostPage: hostPage as Configuration['hostPage'],
                    seed: selection.seed ?? 1,
                    switches: shared,
                  });
              }
  for (const design of selection.designs ?? []) {
    const why = refused.get(design);
    if (why !== undefined && !list.some((configuration) => configuration.design === design)) return err(why);
  }
  if (list.length === 0) return err('no configuration is left: every combination contradicts itself');
  return ok(nameConfigurations(list));
}

/**
 * Combinations of a selection's named designs that parseConfigurations leaves out, each with the sentence why. Empty where the selection
 * names no design, or where it is an error.
 */
export function contradictions(selection: Selection): { readonly name: string; readonly why: string }[] {
  const machines = chooseMachines(selection.cpus, selection.mmus);
  if (!machines.ok) return [];
  const found = new Map<string, string>();
  for (const kernel of selection.kernels ?? [DEFAULT_KERNEL])
    for (const design of selection.designs ?? [])
      for (const machine of machines.value) {
        const mmu = selection.mmus === undefined && hasOnlyShadow(kernel) ? 'shadow' : machine.mmu;
        const usable = contradiction(kernel, design, mmu);
        if (usable.ok && usable.value !== null) found.set(`${mmu}/${kernel}/${design}`, usable.value);
      }
  return [...found].map(([name, why]) => ({ name, why }));
}

/** The switches once for each number of host CPUs asked for. */
function sharedCpus(
  counts: readonly number[] | undefined,
  switches: Record<string, boolean | number>,
): Result<Record<string, boolean | number>[], string> {
  if (counts === undefined) return ok([switches]);
  const list: Record<string, boolean | number>[] = [];
  for (const hostCpus of counts) {
    const checked = checkSwitches({ ...switches, hostCpus });
    if (!checked.ok) return checked;
    list.push(checked.value);
  }
  return ok(list);
}

/** A kernel whose EPT and NPT do not exist, or are not modelled. */
function hasOnlyShadow(id: string): boolean {
  const kernel = findKernel(id);
  return kernel.ok && kernel.value.policy.nestedPaging !== 'supported';
}

/** Of the values asked for, those there are: a kernel before VPID has none on Intel. AMD's ASID is always there. */
function vpidsOf(asked: readonly boolean[], kernelId: string, cpu: string): readonly boolean[] {
  const kernel = findKernel(kernelId);
  const model = findCpuMachine(cpu);
  if (!kernel.ok || kernel.value.policy.vpid || !model.ok || model.value.vendor === 'amd') return asked;
  return [false];
}

/** Null when the three go together, else the sentence why not; an error for a name nobody knows. */
function contradiction(kernelId: string, designId: string, mmu: Mmu): Result<string | null, string> {
  const kernel = findKernel(kernelId);
  if (!kernel.ok) return kernel;
  const design = findDesign(designId);
  if (!design.ok) return design;
  const policy = applyDesign(kernel.value.policy, design.value, mmu);
  return ok(policy.ok ? null : `${policy.error} (kernel ${kernelId}, ${mmu})`);
}

function chooseMachines(
  cpus: readonly string[] | undefined,
  mmus: readonly string[] | undefined,
): Result<{ cpu: string; mmu: Mmu }[], string> {
  const isMmu = (text: string): text is Mmu => MMUS.some((mmu) => mmu === text);
  const wanted: Mmu[] = [];
  for (const mmu of mmus ?? NESTED) {
    if (!isMmu(mmu)) return err(unknownName('mmu', mmu, MMUS));
    wanted.push(mmu);
  }
  if (cpus === undefined) return ok(wanted.flatMap((mmu) => defaultCpus(mmu).map((cpu) => ({ cpu, mmu }))));
  const machines: { cpu: string; mmu: Mmu }[] = [];
  for (const id of cpus) {
    const model = findCpuMachine(id);
    if (!model.ok) return model;
    const nested = model.value.vendor === 'intel' ? 'ept' : 'npt';
    for (const mmu of wanted) if (mmu === nested || mmu === 'shadow') machines.push({ cpu: id, mmu });
  }
  if (machines.length > 0) return ok(machines);
  return err(`no CPU of ${cpus.join(', ')} has ${mmus?.join(' or ')}: EPT is Intel's, NPT is AMD's`);
}

/** CPUs of an MMU that nobody chose one for: shadow paging runs on one of each vendor. */
const defaultCpus = (mmu: Mmu): readonly string[] =>
  mmu === 'shadow' ? [DEFAULT_CPUS.ept, DEFAULT_CPUS.npt] : [DEFAULT_CPUS[mmu]];

type Axis = readonly [keyof Configuration | 'hostCpus', (configuration: Configuration) => string];

const AXES: readonly Axis[] = [
  ['mmu', flavourOf],
  ['cpu', (c) => c.cpu],
  ['kernel', (c) => c.kernel],
  ['design', (c) => c.design],
  ['mitigations', (c) => c.mitigations],
  ['nestedHost', (c) => (c.nestedHost ? 'nested' : 'bare')],
  ['vpid', (c) => (c.vpid ? 'vpid' : 'no-vpid')],
  ['hostPage', (c) => c.hostPage],
  ['hostCpus', hostCpusOf],
];

/** The CPUs that the vCPUs share, as names of configurations have it. */
function hostCpusOf({ switches }: Pick<Configuration, 'switches'>): string {
  const count = Number(switches['hostCpus'] ?? 0);
  return count === 0 ? 'own-cpus' : count === 1 ? '1-cpu' : `${count}-cpus`;
}

/** The MMU as names of configurations have it: shadow paging with the vendor, since each CPU can do it. */
export function flavourOf({ mmu, cpu }: Pick<Configuration, 'mmu' | 'cpu'>): string {
  if (mmu !== 'shadow') return mmu;
  const model = findCpuMachine(cpu);
  return model.ok ? `shadow-${model.value.vendor}` : mmu;
}

/**
 * Names each configuration by what it does not share with all others. One CPU a flavour of the MMU says no more than the flavour does; and
 * where CPUs are named, the flavour is only if some CPU has two.
 */
export function nameConfigurations(list: readonly Configuration[]): Configuration[] {
  const kinds = (of: (configuration: Configuration) => unknown): number => new Set(list.map(of)).size;
  const machines = kinds((c) => `${flavourOf(c)}/${c.cpu}`);
  const cpuShown = machines > kinds(flavourOf);
  const mmuShown = kinds(flavourOf) > 1 && (!cpuShown || machines > kinds((c) => c.cpu));
  const shown = AXES.filter(([key, text]) => (key === 'cpu' ? cpuShown : key === 'mmu' ? mmuShown : kinds(text) > 1));
  return list.map((configuration) => {
    const parts = shown.map(([, text]) => text(configuration));
    return {
      ...configuration,
      name: parts.length > 0 ? parts.join('/') : `${flavourOf(configuration)}/${configuration.design}`,
    };
  });
}
