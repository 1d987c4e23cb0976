import type { PricedRun } from '../experiment/priced-run.ts';
import { integer, percent } from './numbers.ts';
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

/** The CPU model in words, with the mark of a prediction from calibrated prices. */
export const modelText = ({ model, mark }: Pick<RunView, 'model' | 'mark'>): string =>
  mark === undefined
    ? model.name
    : `${model.name}; ${mark.mark}: the rows measured there took away ${percent(mark.explained)} of this figure's uncertainty`;

/** How often the guest observed what it must not; in words where nobody looked. */
export const divergencesText = ({ result }: Pick<RunView, 'result'>): string =>
  result.checked ? integer(result.divergences.reduce((sum, { count }) => sum + count, 0)) : 'not checked';

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
