import { compareJson, compareText, unknownName } from '../../../core/index.ts';
import { last } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_CHECK_FAILED, EXIT_OK } from '../exit-codes.ts';
import { Experiment, isWrong, RUN_OPTIONS } from '../experiment.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { configurationsOf, SELECTION_OPTIONS, selectionOf } from '../selection.ts';
import { version } from '../version.ts';

/** Configurations of one comparison; more is a mistake of the user's more often than a wish. */
const MOST = 500;

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
    { name: 'baseline', argument: 'NAME', help: 'the configuration to compare with, default the first' },
    ...RUN_OPTIONS,
    ...OUTPUT_OPTIONS,
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const configurations = configurationsOf(selectionOf(options, experiment.defaults));
      if (configurations.length > MOST)
        throw new BadInput(
          `this makes ${configurations.length} configurations; ${MOST} are the most for one comparison`,
        );
      const names = configurations.map(({ name }) => name);
      const wanted = last(options, 'baseline') ?? names[0]!;
      const baseline = names.indexOf(wanted);
      if (baseline < 0) throw new BadInput(unknownName('configuration', wanted, names));
      const runs = await experiment.runAll(configurations);
      const file = last(options, 'output');
      const provenance = { version: version(), script: script.text };
      const style = file === undefined ? terminal.style : undefined;
      const text =
        last(options, 'json') === undefined
          ? compareText(experiment.scenario, runs, baseline, style)
          : jsonText(compareJson(experiment.scenario, runs, baseline, provenance));
      await deliver(text, file, terminal);
      return last(options, 'strict') !== undefined && runs.some(isWrong) ? EXIT_CHECK_FAILED : EXIT_OK;
    });
  },
};
