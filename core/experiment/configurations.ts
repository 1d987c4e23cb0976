import { unknownName } from '../base/closest.ts';
import { err, ok, type Result } from '../base/result.ts';
import { findCpuModel } from '../cost/cpu-models.ts';
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
  readonly seed?: number;
  readonly switches?: Readonly<Record<string, boolean | number | string>>;
}

export const DEFAULT_CPUS = { ept: 'sapphire-rapids', npt: 'zen4' } as const;
export const DEFAULT_KERNEL = '7.0';
const HOST_PAGES = ['4K', '2M', '1G'];
const MMUS = ['ept', 'npt'];

/**
 * The configurations of a selection, or one sentence. A combination that contradicts itself (FAST_MMIO on a kernel without it, EPT on
 * an AMD CPU) is left out; it is an error when the user named the design and no combination with it is left.
 */
export function parseConfigurations(selection: Selection): Result<Configuration[], string> {
  const machines = chooseMachines(selection.cpus, selection.mmus);
  if (!machines.ok) return machines;
  const switches = checkSwitches(selection.switches ?? {});
  if (!switches.ok) return switches;
  const hostPages = selection.hostPages ?? ['4K'];
  const badPage = hostPages.find((page) => !HOST_PAGES.includes(page));
  if (badPage !== undefined) return err(unknownName('host page size', badPage, HOST_PAGES));
  const badMitigations = (selection.mitigations ?? []).map(parseMitigations).find(({ ok }) => !ok);
  if (badMitigations?.ok === false) return badMitigations;
  const refused = new Map<string, string>();
  const list: Configuration[] = [];
  for (const { cpu, mmu } of machines.value)
    for (const kernel of selection.kernels ?? [DEFAULT_KERNEL])
      for (const mitigations of selection.mitigations ?? ['default'])
        for (const nestedHost of selection.nestedHost ?? [false])
          for (const vpid of selection.vpid ?? [true])
            for (const hostPage of hostPages)
              for (const design of selection.designs ?? designs.map(({ id }) => id)) {
                const usable = contradiction(kernel, design, mmu);
                if (!usable.ok) return usable;
                if (usable.value !== null) {
                  refused.set(design, usable.value);
                  continue;
                }
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
                  switches: switches.value,
                });
              }
  for (const design of selection.designs ?? []) {
    const why = refused.get(design);
    if (why !== undefined && !list.some((configuration) => configuration.design === design)) return err(why);
  }
  if (list.length === 0) return err('no configuration is left: every combination contradicts itself');
  return ok(nameConfigurations(list));
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
  const badMmu = mmus?.find((mmu) => !MMUS.includes(mmu));
  if (badMmu !== undefined) return err(unknownName('mmu', badMmu, MMUS));
  if (cpus === undefined) {
    return ok(((mmus ?? MMUS) as Mmu[]).map((mmu) => ({ cpu: DEFAULT_CPUS[mmu], mmu })));
  }
  const machines: { cpu: string; mmu: Mmu }[] = [];
  for (const id of cpus) {
    const model = findCpuModel(id);
    if (!model.ok) return model;
    const mmu: Mmu = model.value.vendor === 'intel' ? 'ept' : 'npt';
    if (mmus === undefined || mmus.includes(mmu)) machines.push({ cpu: id, mmu });
  }
  if (machines.length > 0) return ok(machines);
  return err(`no CPU of ${cpus.join(', ')} has ${mmus?.join(' or ')}: EPT is Intel's, NPT is AMD's`);
}

type Axis = readonly [keyof Configuration, (configuration: Configuration) => string];

const AXES: readonly Axis[] = [
  ['mmu', (c) => c.mmu],
  ['cpu', (c) => c.cpu],
  ['kernel', (c) => c.kernel],
  ['design', (c) => c.design],
  ['mitigations', (c) => c.mitigations],
  ['nestedHost', (c) => (c.nestedHost ? 'nested' : 'bare')],
  ['vpid', (c) => (c.vpid ? 'vpid' : 'no-vpid')],
  ['hostPage', (c) => c.hostPage],
];

/** Names each configuration by what it does not share with all others. One CPU a vendor says no more than the MMU does. */
export function nameConfigurations(list: readonly Configuration[]): Configuration[] {
  const varies = (key: keyof Configuration): boolean => new Set(list.map((c) => c[key])).size > 1;
  const cpusPerMmu = new Set(list.map((c) => `${c.mmu}/${c.cpu}`)).size > new Set(list.map((c) => c.mmu)).size;
  const shown = AXES.filter(([key]) =>
    key === 'cpu' ? cpusPerMmu : key === 'mmu' ? !cpusPerMmu && varies('mmu') : varies(key),
  );
  return list.map((configuration) => {
    const parts = shown.map(([, text]) => text(configuration));
    return {
      ...configuration,
      name: parts.length > 0 ? parts.join('/') : `${configuration.mmu}/${configuration.design}`,
    };
  });
}
