import {
  compareJson,
  compareText,
  pairsOf,
  unknownName,
  type Draws,
  type RunView,
  type SeedRuns,
} from '../../../core/index.ts';
import { last, numberOf, type Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { DRAW_OPTIONS, drawsOf } from '../draws.ts';
import { parseFailIf, type FailIf } from '../fail-if.ts';
import { EXIT_CHECK_FAILED, EXIT_OK } from '../exit-codes.ts';
import { Experiment, isWrong, RUN_OPTIONS } from '../experiment.ts';
import { HISTORY_OPTION, keepInHistory } from '../keep-history.ts';
import { junitXml, type JunitCase } from '../junit.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { configurationsOf, contradictionsOf, SELECTION_OPTIONS, selectionOf } from '../selection.ts';
import { tellStopped } from '../stopped.ts';
import { RERUNS_OPTION, timedReruns } from '../timed-reruns.ts';
import { version } from '../version.ts';

/** Configurations of one comparison; more is a mistake of the user's more often than a wish. */
const MOST = 500;
const MOST_SEEDS = 100;

export const compare: Command = {
  name: 'compare',
  usage: 'SCRIPT [options]',
  summary: 'run a script on several configurations and set them side by side',
  details: [
    'Without options: every design on one Intel and one AMD machine, or what the script itself asks for. LIST is a comma-separated ' +
      'list; every combination that makes sense is run.',
    'One row a configuration: mean cycles an access with their range, the part of them that rests on estimates, exits and userspace ' +
      'exits an access, divergences from what the guest must observe. Below: exits by reason, each divergence in words, and what makes ' +
      'the difference from the baseline.',
  ],
  options: [
    ...SELECTION_OPTIONS,
    { name: 'baseline', argument: 'NAME', help: 'the configuration to compare with; default: of each CPU the first' },
    {
      name: 'fail-if',
      argument: 'CONDITION',
      help: "exit with 1 where it holds of a baseline A and another B, e.g. 'B.cycles > A.cycles * 1.03'",
    },
    { name: 'junit', argument: 'FILE', help: 'write the checks as JUnit XML' },
    {
      name: 'seeds',
      argument: 'N',
      help: 'run each with N seeds of the workload, from the seed up; their spread is kept apart from that of the prices',
    },
    RERUNS_OPTION,
    ...DRAW_OPTIONS,
    HISTORY_OPTION,
    ...RUN_OPTIONS,
    ...OUTPUT_OPTIONS,
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const failIf = (options.get('fail-if') ?? []).map(parseFailIf);
    const draws = drawsOf(options);
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const selection = selectionOf(options, experiment.defaults);
      const configurations = configurationsOf(selection);
      if (configurations.length > MOST)
        throw new BadInput(
          `this makes ${configurations.length} configurations; ${MOST} are the most for one comparison`,
        );
      const { runs, leftOut: unbuilt } = await experiment.runAll(configurations);
      // A design that the user asked for by name is not left out in silence.
      const refused = unbuilt[0];
      if (refused !== undefined && (runs.length === 0 || named(options)))
        throw new BadInput(`${refused.name}: ${refused.why}`);
      keepInHistory(experiment, configurations, runs, unbuilt, options, terminal);
      const leftOut = [...contradictionsOf(options, selection), ...unbuilt];
      const seeds = await seedRuns(experiment, runs, seedCount(options));
      const reruns = await timedReruns(experiment, runs, draws, options);
      const baseline = baselineOf(runs, last(options, 'baseline'));
      // A condition that nothing is asked about would pass every time.
      const pairs = baseline === null ? runs.length - new Set(runs.map(({ model }) => model.id)).size : runs.length - 1;
      if (failIf.length > 0 && pairs === 0)
        throw new BadInput(
          '--fail-if needs two configurations to compare: there is one on each CPU; choose more designs, or name a --baseline',
        );
      const file = last(options, 'output');
      const { scenario } = experiment;
      const text =
        last(options, 'json') === undefined
          ? compareText(
              scenario,
              runs,
              leftOut,
              baseline,
              file === undefined ? terminal.style : undefined,
              draws,
              seeds,
              reruns,
            )
          : jsonText(
              compareJson(
                scenario,
                runs,
                leftOut,
                baseline,
                { version: version(), script: script.text },
                draws,
                seeds,
                reruns,
              ),
            );
      await deliver(text, file, terminal);
      tellStopped(runs, terminal);
      const checks = [
        ...(last(options, 'strict') === undefined ? [] : runs.map(strictCheck)),
        ...conditionChecks(runs, baseline, draws, failIf, seeds),
      ];
      const junit = last(options, 'junit');
      if (junit !== undefined) await deliver(junitXml(scenario.title, checks), junit, terminal);
      for (const { name, failure } of checks.slice(strictCount(options, runs)))
        if (failure !== null) terminal.err(`exitlab: ${name}: ${failure}\n`);
      return checks.some(({ failure }) => failure !== null) ? EXIT_CHECK_FAILED : EXIT_OK;
    });
  },
};

function seedCount(options: Given): number {
  const count = numberOf(options, 'seeds', 1, 1);
  if (count > MOST_SEEDS) throw new BadInput(`--seeds takes at most ${MOST_SEEDS}, not ${count}`);
  return count;
}

/** The same configurations with the seeds that follow theirs. */
async function seedRuns(experiment: Experiment, runs: readonly RunView[], count: number): Promise<SeedRuns> {
  const beside = new Map<RunView, RunView[]>(runs.map((run) => [run, []]));
  for (let more = 1; more < count; more++) {
    const configurations = runs.map(({ result: { configuration } }) => ({
      ...configuration,
      seed: configuration.seed + more,
    }));
    const { runs: found, leftOut } = await experiment.runAll(configurations);
    if (leftOut[0] !== undefined) throw new BadInput(`seed ${more + 1}: ${leftOut[0].name}: ${leftOut[0].why}`);
    found.forEach((run, n) => beside.get(runs[n]!)!.push(run));
  }
  return beside;
}

const strictCount = (options: Given, runs: readonly RunView[]): number =>
  last(options, 'strict') === undefined ? 0 : runs.length;

const strictCheck = (run: RunView): JunitCase => ({
  name: run.result.configuration.name,
  what: 'the guest observed what it must',
  failure: isWrong(run) ? (run.result.problem?.text ?? run.result.divergences[0]!.text) : null,
});

/** Every condition asked of every pair. */
const conditionChecks = (
  runs: readonly RunView[],
  baseline: number | null,
  draws: Draws,
  conditions: readonly FailIf[],
  seeds: SeedRuns,
): JunitCase[] =>
  conditions.length === 0
    ? []
    : pairsOf(runs, baseline, draws, seeds).flatMap(({ from, to, comparison }) =>
        conditions.map((condition) => ({
          name: `${to.result.configuration.name} against ${from.result.configuration.name}`,
          what: `not ${condition.text}`,
          failure: condition.holds(from, to, comparison) ? `${condition.text} holds` : null,
        })),
      );

const named = (options: Given): boolean =>
  last(options, 'design') !== undefined || last(options, 'config') !== undefined;

function baselineOf(runs: readonly RunView[], wanted: string | undefined): number | null {
  if (wanted === undefined) return null;
  const names = runs.map(({ result }) => result.configuration.name);
  if (!names.includes(wanted)) throw new BadInput(unknownName('configuration', wanted, names));
  return names.indexOf(wanted);
}
