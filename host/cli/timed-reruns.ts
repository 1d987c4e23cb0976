import { drawnPriceLists, endOf, type Draws, type Reruns, type RunView } from '../../core/index.ts';
import { numberOf, type Given, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';
import type { Experiment } from './experiment.ts';

/** Each draw is a run of every timed configuration: few, and said so. */
const RERUNS = 8;
const MOST_RERUNS = 1000;

export const RERUNS_OPTION: OptionSpec = {
  name: 'reruns',
  argument: 'N',
  help: `run timed scripts (several vCPUs) again under N drawn price lists, default ${RERUNS}; 0 for none`,
};

/** Runs each timed configuration again under drawn prices: when it ended, a number a draw. */
export async function timedReruns(
  experiment: Experiment,
  runs: readonly RunView[],
  draws: Draws,
  options: Given,
): Promise<Reruns> {
  const count = numberOf(options, 'reruns', RERUNS, 0);
  if (count > MOST_RERUNS) throw new BadInput(`--reruns takes at most ${MOST_RERUNS}, not ${count}`);
  const timed = runs.filter(({ result }) => endOf(result) !== null);
  const drawn = timed.length < 2 ? 0 : Math.min(count, draws.options.draws);
  const found = timed.map(async (run) => {
    const lists = drawnPriceLists(run.model, draws, drawn);
    const ends = await Promise.all(lists.map((prices) => experiment.endUnder(run.result.configuration, prices)));
    return [run, ends] as const;
  });
  return new Map((await Promise.all(found)).filter(([, ends]) => ends.length > 0));
}
