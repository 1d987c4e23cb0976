import type { PricedRun } from '../experiment/priced-run.ts';
import type { Configuration } from '../experiment/result.ts';

/** What a report shows of the script. */
export interface ScenarioView {
  readonly file: string;
  readonly title: string;
  readonly question: string;
  readonly claims: readonly string[];
  /** What the model answered for the script's own configurations. */
  readonly says: readonly string[];
}

/** A run with its prices, as reports take it. */
export type RunView = PricedRun;

/** A configuration in words, without its name. */
export function describeConfiguration(configuration: Configuration): string {
  const { cpu, mmu, kernel, design, mitigations, nestedHost, vpid, hostPage, seed, switches } = configuration;
  const parts = [
    `design ${design}`,
    `cpu ${cpu}`,
    `mmu ${mmu}`,
    `kernel ${kernel}`,
    `mitigations ${mitigations}`,
    `host pages ${hostPage}`,
    vpid ? 'vpid' : 'no vpid',
    ...(nestedHost ? ['nested host'] : []),
    `seed ${seed}`,
    ...Object.entries(switches).map(([name, value]) => `${name}=${String(value)}`),
  ];
  return parts.join(', ');
}
