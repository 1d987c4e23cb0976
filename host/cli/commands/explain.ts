import {
  explainJson,
  explainText,
  integer,
  STEPS,
  type PathResult,
  type RecordedEvent,
  type RunView,
  type Trace,
} from '../../../core/index.ts';
import { last, numberOf } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { Experiment, RUN_OPTIONS } from '../experiment.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { SELECTION_OPTIONS } from '../selection.ts';
import { tellStopped } from '../stopped.ts';
import { version } from '../version.ts';
import { singleConfiguration } from './single.ts';

interface Explained {
  readonly access: number;
  readonly heading: string;
  readonly text: string;
  readonly line: number;
  readonly steps: PathResult['steps'];
  readonly events: readonly RecordedEvent[];
}

export const explain: Command = {
  name: 'explain',
  usage: 'SCRIPT [--access N] [options]',
  summary: 'show one access step by step, with price and source of each step',
  details: [
    'With --access: the N-th access of the run, with every event on its way: each table entry that was loaded, with its level and the ' +
      'cache it came from, each fault, exit and signal. Without: the way in which most accesses of the run were served.',
  ],
  options: [
    { name: 'access', short: 'n', argument: 'N', help: 'number of the access, counted from 1' },
    ...SELECTION_OPTIONS,
    ...RUN_OPTIONS.filter(({ name }) => name !== 'strict'),
    ...OUTPUT_OPTIONS,
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const access = last(options, 'access') === undefined ? 0 : numberOf(options, 'access', 0, 1);
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const configuration = singleConfiguration(options, experiment.defaults);
      const { view, trace } = await experiment.runTraced(configuration, access);
      const explained = access === 0 ? mostFrequent(view) : traced(view, trace, access);
      const file = last(options, 'output');
      const text =
        last(options, 'json') === undefined
          ? explainText(experiment.scenario, view, explained, file === undefined ? terminal.style : undefined)
          : jsonText(explainJson(experiment.scenario, view, explained, { version: version(), script: script.text }));
      await deliver(text, file, terminal);
      tellStopped([view], terminal);
      return EXIT_OK;
    });
  },
};

function traced({ result }: RunView, trace: Trace | null, access: number): Explained {
  if (trace === null) throw new BadInput(`there is no access ${access}: the run had ${integer(result.accesses)}`);
  const { text, line, steps, events } = trace;
  return {
    access,
    heading: `Access ${integer(access)}${line > 0 ? ` (line ${line})` : ''}: ${text}`,
    text,
    line,
    steps: steps.map(({ step, times }) => [STEPS[step]!.name, times] as const),
    events,
  };
}

function mostFrequent({ priced }: RunView): Explained {
  const [first, ...others] = priced.paths;
  if (first === undefined) throw new BadInput('there is nothing to explain: the guest made no access');
  const { path } = others.reduce((best, one) => (one.path.count > best.path.count ? one : best), first);
  const text = `the way in which ${integer(path.count)} of ${integer(priced.accesses)} accesses were served`;
  return { access: 0, heading: text[0]!.toUpperCase() + text.slice(1), text, line: 0, steps: path.steps, events: [] };
}
