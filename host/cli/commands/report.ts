import { readFile } from 'node:fs/promises';
import { reportDocument, traceCmdText, unknownName, type ReportDocument } from '../../../core/index.ts';
import { readResultFile } from '../../contract/result-file.ts';
import { FORMATS, type Format } from '../../report/formats.ts';
import { cpusFolder, keptCpus } from '../../report/kept-cpus.ts';
import { CannotPrint, printPdf } from '../../report/pdf.ts';
import { storedReport } from '../../report/stored-report.ts';
import { last, numberOf, type Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { DRAW_OPTIONS, drawsOf } from '../draws.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { runNumber, storedRunOf } from './history.ts';
import { Experiment, RUN_OPTIONS } from '../experiment.ts';
import { loadScript } from '../load-script.ts';
import { deliver } from '../output.ts';
import { configurationsOf, SELECTION_OPTIONS, selectionOf } from '../selection.ts';
import { version } from '../version.ts';

/** Made of events, which a stored run does not keep: its script is run again. */
const TRACE_CMD = 'trace-cmd';
const NAMES = [...FORMATS.map(({ id }) => id), TRACE_CMD];

export const report: Command = {
  name: 'report',
  usage: 'RUN [--format FORMAT] [-o FILE]',
  summary: 'make a report of a stored run, or of a script that is run first',
  details: [
    'RUN is the number of a run in the history, a result file (.exitlab.json), or a script. A report of a stored run runs nothing: the same file gives the same ' +
      'bytes on every machine.',
    `Formats: ${FORMATS.map(({ id, title }) => `${id} (${title})`).join('; ')}; ${TRACE_CMD} (KVM's tracepoints as trace-cmd report prints them; of a script alone, since a stored run keeps counts and no events).`,
  ],
  options: [
    { name: 'format', short: 'f', argument: 'FORMAT', help: `${NAMES.join(', ')}; default mail` },
    { name: 'output', short: 'o', argument: 'FILE', help: 'write to a file, whole or not at all' },
    { name: 'baseline', argument: 'NAME', help: 'the configuration to compare with; default: of each CPU the first' },
    { name: 'prices', argument: 'WHICH', help: 'stored (default) or current: the price lists of this version' },
    { name: 'events', argument: 'N', help: 'of trace-cmd: the last events of each run, default 4096' },
    ...SELECTION_OPTIONS,
    ...DRAW_OPTIONS,
    ...RUN_OPTIONS,
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const name = last(options, 'format') ?? 'mail';
    if (name === TRACE_CMD) {
      const text = await tracedText(positionals[0]!, options, terminal);
      await deliver(text, last(options, 'output'), terminal);
      return EXIT_OK;
    }
    const format = FORMATS.find(({ id }) => id === name);
    if (format === undefined) throw new BadInput(unknownName('format', name, NAMES));
    const file = last(options, 'output');
    if (!format.isText && file === undefined)
      throw new BadInput(`a report in ${name} is no text: give it a file with -o FILE`);
    const document = await documentOf(positionals[0]!, options, terminal);
    await deliver(await made(format, document), file, terminal);
    return EXIT_OK;
  },
};

async function made(format: Format, document: ReportDocument): Promise<string | Uint8Array> {
  try {
    return await format.make(document, printPdf);
  } catch (error) {
    throw error instanceof CannotPrint ? new BadInput(error.message) : error;
  }
}

async function tracedText(
  input: string,
  options: Given,
  terminal: Parameters<Command['run']>[0]['terminal'],
): Promise<string> {
  if (/^\d+$/.test(input) || input.endsWith('.json'))
    throw new BadInput(`${input}: a stored run keeps counts and no events: name the script, it is run again`);
  const events = numberOf(options, 'events', 4096, 1);
  return Experiment.with(await loadScript(input), options, terminal, async (experiment) => {
    const configurations = configurationsOf(selectionOf(options, experiment.defaults));
    const runs = await experiment.runKeepingEvents(configurations, events);
    return traceCmdText(experiment.scenario, runs, version());
  });
}

async function documentOf(
  input: string,
  options: Given,
  terminal: Parameters<Command['run']>[0]['terminal'],
): Promise<ReportDocument> {
  const draws = drawsOf(options);
  const baseline = last(options, 'baseline') ?? null;
  const isStored = /^\d+$/.test(input);
  if (isStored || input.endsWith('.json')) {
    const prices = last(options, 'prices') ?? 'stored';
    if (prices !== 'stored' && prices !== 'current')
      throw new BadInput(`--prices takes stored or current, not '${prices}'`);
    const read = isStored ? storedRunOf(runNumber(input)) : readResultFile(await textOf(input));
    if (!read.ok) throw new BadInput(`${input}: ${read.error}`);
    const made = storedReport(read.value, baseline, prices, draws, keptCpus(cpusFolder()).cpus);
    if (!made.ok) throw new BadInput(`${input}: ${made.error}`);
    return made.value;
  }
  const script = await loadScript(input);
  return Experiment.with(script, options, terminal, async (experiment) => {
    const { runs, leftOut } = await experiment.runAll(configurationsOf(selectionOf(options, experiment.defaults)));
    if (runs.length === 0) throw new BadInput(`${leftOut[0]!.name}: ${leftOut[0]!.why}`);
    const names = runs.map(({ result }) => result.configuration.name);
    if (baseline !== null && !names.includes(baseline))
      throw new BadInput(unknownName('configuration', baseline, names));
    return reportDocument({
      scenario: experiment.scenario,
      script: script.text,
      version: version(),
      runs,
      leftOut,
      baseline: baseline === null ? null : names.indexOf(baseline),
      draws,
    });
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(
      `${file}: cannot be read: ${code === 'ENOENT' ? 'there is no such file' : (code ?? String(error))}`,
    );
  }
}
