import { collapsedProfile, profilesOf, profileStacks, profileText } from '../../../core/index.ts';
import { last } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { Experiment, RUN_OPTIONS } from '../experiment.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { SELECTION_OPTIONS } from '../selection.ts';
import { tellStopped } from '../stopped.ts';
import { singleConfiguration } from './single.ts';

export const profile: Command = {
  name: 'profile',
  usage: 'SCRIPT [options]',
  summary: 'cycles by kernel symbol, as perf top would list them',
  details: [
    'Runs a script on one configuration and lists the kernel symbols that its cycles fall on, one listing a vCPU where several run at the same time.',
    'Every listing says of which workload, CPU, kernel and design it is.',
  ],
  options: [
    ...SELECTION_OPTIONS,
    ...RUN_OPTIONS,
    ...OUTPUT_OPTIONS,
    { name: 'collapsed', help: 'print collapsed stacks for flamegraph.pl: configuration, vCPU, instruction, symbol' },
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const isCollapsed = last(options, 'collapsed') !== undefined;
    const json = last(options, 'json') !== undefined;
    if (isCollapsed && json) throw new BadInput('--collapsed and --json are two forms: name one');
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const configuration = singleConfiguration(options, experiment.defaults);
      const { view } = await experiment.runTraced(configuration, 0);
      if (isCollapsed) {
        const stacks = collapsedProfile(profileStacks(view.result, view.model));
        await deliver(stacks, last(options, 'output'), terminal);
        tellStopped([view], terminal);
        return EXIT_OK;
      }
      const profiles = profilesOf(view.result, view.model);
      const { title } = experiment.scenario;
      const text = json
        ? jsonText({ schema: 'exitlab.profile/1', workload: title, profiles })
        : profileText(title, profiles);
      await deliver(text, last(options, 'output'), terminal);
      tellStopped([view], terminal);
      return EXIT_OK;
    });
  },
};
