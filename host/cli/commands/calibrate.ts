import { readFile } from 'node:fs/promises';
import { calibrationText, findCpuModel, parseMitigations, type Host } from '../../../core/index.ts';
import { cpuFileText } from '../../contract/cpu-file.ts';
import { fitHost } from '../../report/fit-host.ts';
import { last, type Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { deliver } from '../output.ts';
import { version } from '../version.ts';

export const calibrateCommand: Command = {
  name: 'calibrate',
  usage: 'FILE --cpu BASE --name NAME [-o FILE.exitlab-cpu.json]',
  summary: "fit a CPU model to a host's own figures",
  details: [
    "FILE holds the output of kvm-unit-tests' vmexit.flat (of one run or of several), a table of perf kvm stat report (old or new), or lines 'test cycles' " +
      'typed by hand; - reads standard input. The two clocks are told apart: vmexit sees the whole round trip, perf kvm stat what lies between the ' +
      "exit's tracepoint and the entry's.",
    "Prices are fitted by least squares, held by the base model's ranges. Each row is shown with its residual and with what the other rows predict for it. " +
      'The result is a CPU file for --cpu-file.',
  ],
  options: [
    {
      name: 'cpu',
      argument: 'BASE',
      help: 'the CPU model that is nearest (exitlab cpus): its prices are where the fit begins',
    },
    { name: 'name', argument: 'NAME', help: 'name of the host, default host' },
    { name: 'cpu-name', argument: 'TEXT', help: 'the CPU, as /proc/cpuinfo has it' },
    { name: 'microcode', argument: 'TEXT', help: 'its microcode' },
    { name: 'ghz', argument: 'GHZ', help: "of its TSC; default the base model's" },
    { name: 'host-kernel', argument: 'TEXT', help: 'its kernel in full, for the record' },
    { name: 'kernel', argument: 'VERSION', help: 'the kernel version to model (exitlab kernels), default 7.0' },
    { name: 'mitigations', argument: 'LIST', help: 'default, none, or ids joined by +' },
    { name: 'output', short: 'o', argument: 'FILE', help: 'write the CPU file' },
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const [file] = positionals as [string];
    const base = last(options, 'cpu');
    if (base === undefined)
      throw new BadInput('name the CPU model that is nearest to the host with --cpu (exitlab cpus lists them)');
    const model = findCpuModel(base);
    if (!model.ok) throw new BadInput(model.error);
    const mitigations = last(options, 'mitigations') ?? 'default';
    const choice = parseMitigations(mitigations);
    if (!choice.ok) throw new BadInput(choice.error);
    const host = hostOf(options, model.value.ghz, mitigations);
    const fitted = fitHost(await textOf(file), host, { base, kernel: last(options, 'kernel') ?? '7.0' });
    if (!fitted.ok) throw new BadInput(`${file}: ${fitted.error}`);
    const { calibration, measured } = fitted.value;
    terminal.out(calibrationText(calibration, measured));
    const output = last(options, 'output');
    if (output !== undefined) await deliver(cpuFileText(calibration, version()), output, terminal);
    return EXIT_OK;
  },
};

function hostOf(options: Given, usualGhz: number, mitigations: string): Host {
  const name = last(options, 'name') ?? 'host';
  if (!/^[\w.-]{1,60}$/.test(name))
    throw new BadInput(`--name takes letters, digits, dots, dashes and underscores, not '${name}'`);
  const text = last(options, 'ghz');
  const ghz = text === undefined ? usualGhz : Number(text);
  if (!(ghz >= 0.1 && ghz <= 10)) throw new BadInput(`--ghz takes a number from 0.1 to 10, not '${text!}'`);
  return {
    name,
    cpu: last(options, 'cpu-name') ?? 'unnamed CPU',
    microcode: last(options, 'microcode') ?? '',
    kernel: last(options, 'host-kernel') ?? '',
    mitigations,
    ghz,
  };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new BadInput(
      `${file}: cannot be read: ${code === 'ENOENT' ? 'there is no such file' : (code ?? String(error))}`,
    );
  }
}
