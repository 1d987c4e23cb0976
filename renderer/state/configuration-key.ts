import type { Configuration } from '../../core/index.ts';

/** What a configuration is, whatever it is called: equal for two that run the same. */
export function configurationKey(configuration: Configuration): string {
  const { cpu, mmu, kernel, design, mitigations, nestedHost, vpid, hostPage, seed, switches } = configuration;
  const sorted = Object.entries(switches).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([cpu, mmu, kernel, design, mitigations, nestedHost, vpid, hostPage, seed, sorted]);
}
