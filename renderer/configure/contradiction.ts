import { parseConfigurations, type Configuration } from '../../core/index.ts';

/** Why a configuration contradicts itself, in the core's own words; null when it does not. */
export function contradictionOf(configuration: Configuration): string | null {
  const { cpu, mmu, kernel, design, mitigations, nestedHost, vpid, hostPage, seed, switches } = configuration;
  const parsed = parseConfigurations({
    cpus: [cpu],
    mmus: [mmu],
    kernels: [kernel],
    designs: [design],
    mitigations: [mitigations],
    nestedHost: [nestedHost],
    vpid: [vpid],
    hostPages: [hostPage],
    seed,
    switches,
  });
  return parsed.ok ? null : parsed.error;
}
