import { runJson, runText } from '../../../core/index.ts';
import { last } from '../arguments.ts';
import type { Command } from '../command.ts';
import { EXIT_CHECK_FAILED, EXIT_OK } from '../exit-codes.ts';
import { Experiment, isWrong, RUN_OPTIONS } from '../experiment.ts';
import { HISTORY_OPTION, keepInHistory } from '../keep-history.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { SELECTION_OPTIONS } from '../selection.ts';
import { tellStopped } from '../stopped.ts';
import { version } from '../version.ts';
import { singleConfiguration } from './single.ts';

export const run: Command = {
  name: 'run',
  usage: 'SCRIPT [options]',
  summary: 'run a script on one configuration and show where the cycles went',
  details: [
    'Without options: the design fast-mmio on the newest Intel model, or the first configuration that the script asks for.',
    'Shows cycles by stage, by step and by path, exits, signals, divergences and notes.',
  ],
  options: [...SELECTION_OPTIONS, ...RUN_OPTIONS, HISTORY_OPTION, ...OUTPUT_OPTIONS],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const configuration = singleConfiguration(options, experiment.defaults);
      const { view } = await experiment.runTraced(configuration, 0);
      keepInHistory(experiment, [configuration], [view], [], options, terminal);
      const file = last(options, 'output');
      const text =
        last(options, 'json') === undefined
          ? runText(experiment.scenario, view, file === undefined ? terminal.style : undefined)
          : jsonText(runJson(experiment.scenario, view, { version: version(), script: script.text }));
      await deliver(text, file, terminal);
      tellStopped([view], terminal);
      return last(options, 'strict') !== undefined && isWrong(view) ? EXIT_CHECK_FAILED : EXIT_OK;
    });
  },
};
