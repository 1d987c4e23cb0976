import { cpuModels, cpusText, designs, designsText, kernels, kernelsText, type Style } from '../../../core/index.ts';
import { last } from '../arguments.ts';
import type { Command } from '../command.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';

/** A command that lists what can be chosen. */
function registry(
  name: string,
  summary: string,
  text: (style: Style) => string,
  json: () => { readonly schema: string },
): Command {
  return {
    name,
    usage: '[--json] [--output FILE]',
    summary,
    details: [],
    options: OUTPUT_OPTIONS,
    positionals: [0, 0],
    async run({ options, terminal }) {
      const printed = last(options, 'json') === undefined ? text(terminal.style) : jsonText(json());
      await deliver(printed, last(options, 'output'), terminal);
      return EXIT_OK;
    },
  };
}

export const registries: readonly Command[] = [
  registry(
    'designs',
    'list the doorbell designs, with sources, claims and hazards',
    (style) => designsText(designs, style),
    () => ({ schema: 'exitlab.designs/1', designs }),
  ),
  registry(
    'kernels',
    'list the kernel versions',
    (style) => kernelsText(kernels, style),
    () => ({ schema: 'exitlab.kernels/1', kernels }),
  ),
  registry(
    'cpus',
    'list the CPU models, and how much of each is known',
    (style) => cpusText(cpuModels, style),
    () => ({ schema: 'exitlab.cpus/1', cpus: cpuModels }),
  ),
];
