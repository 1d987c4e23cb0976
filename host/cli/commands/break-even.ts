import {
  ACCESS_KINDS,
  bisect,
  breakEvenKind,
  breakEvenShare,
  breakEvenText,
  SWITCHES,
  type Configuration,
} from '../../../core/index.ts';
import { last, type Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import type { Command } from '../command.ts';
import { DRAW_OPTIONS, drawsOf } from '../draws.ts';
import { EXIT_OK } from '../exit-codes.ts';
import { Experiment, RUN_OPTIONS } from '../experiment.ts';
import { loadScript } from '../load-script.ts';
import { deliver, jsonText, OUTPUT_OPTIONS } from '../output.ts';
import { configurationsOf, SELECTION_OPTIONS, selectionOf } from '../selection.ts';
import { version } from '../version.ts';

/** Halvings of the range that is asked for with --vary. */
const HALVINGS = 12;

interface Vary {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export const breakEven: Command = {
  name: 'break-even',
  usage: 'SCRIPT [options that choose two configurations]',
  summary: 'at what price, share or switch two configurations cost the same',
  details: [
    'Prices of steps are solved exactly, since a cost is linear in each of them; those inside the range of their price come with a mark: there ' +
      'the verdict is not sure.',
    '--phase NAME: the share of the accesses in that phase (cpu.phase() in the script) at which both cost the same, exact. --kind KIND: the same for a kind of access, where both sides make as many of them. --vary SWITCH=LOW..HIGH: ' +
      'the value of a switch, found by running both on either side of it.',
  ],
  options: [
    ...SELECTION_OPTIONS,
    { name: 'phase', argument: 'NAME', help: 'solve for the share of this phase' },
    { name: 'kind', argument: 'KIND', help: `solve for the share of a kind of access: ${ACCESS_KINDS.join(', ')}` },
    { name: 'vary', argument: 'SWITCH=LOW..HIGH', help: 'solve for a number among the switches, by runs' },
    ...DRAW_OPTIONS,
    ...RUN_OPTIONS,
    ...OUTPUT_OPTIONS,
  ],
  positionals: [1, 1],
  async run({ positionals, options, terminal }) {
    const vary = varyOf(options);
    const draws = drawsOf(options);
    const script = await loadScript(positionals[0]!);
    return Experiment.with(script, options, terminal, async (experiment) => {
      const [a, b, ...more] = configurationsOf(selectionOf(options, experiment.defaults));
      if (a === undefined || b === undefined || more.length > 0) {
        const count = more.length + (b === undefined ? 1 : 2);
        throw new BadInput(
          `break-even compares two configurations; this chooses ${count}: name them, as in --mmu ept --design pio,fast-mmio`,
        );
      }
      const pairAt = async (at: number | null) => {
        const set = (configuration: Configuration): Configuration =>
          at === null || vary === null
            ? configuration
            : { ...configuration, switches: { ...configuration.switches, [vary.name]: Math.round(at) } };
        const { runs, leftOut } = await experiment.runAll([set(a), set(b)]);
        if (runs.length < 2) throw new BadInput(`${leftOut[0]!.name}: ${leftOut[0]!.why}`);
        return [runs[0]!, runs[1]!] as const;
      };
      const [runA, runB] = await pairAt(null);
      const phase = last(options, 'phase');
      const kind = last(options, 'kind');
      if (phase !== undefined && kind !== undefined)
        throw new BadInput('ask for the share of a phase or of a kind, not of both');
      const share =
        phase !== undefined
          ? breakEvenShare(runA, runB, phase)
          : kind !== undefined
            ? breakEvenKind(runA, runB, kind)
            : null;
      const differenceAt = async (at: number): Promise<number> => {
        const [one, other] = await pairAt(at);
        return other.priced.perAccess.value - one.priced.perAccess.value;
      };
      const found = vary === null ? null : await bisect(differenceAt, vary.low, vary.high, HALVINGS);
      const varied = vary === null ? null : { ...vary, found };
      const { text, data } = breakEvenText(experiment.scenario, runA, runB, draws, share, varied);
      const json = { schema: 'exitlab.break-even/1', version: version(), ...data };
      await deliver(last(options, 'json') === undefined ? text : jsonText(json), last(options, 'output'), terminal);
      return EXIT_OK;
    });
  },
};

function varyOf(options: Given): Vary | null {
  const text = last(options, 'vary');
  if (text === undefined) return null;
  const [, name = '', from = '', to = ''] = /^(\w+)=(\d+)\.\.(\d+)$/.exec(text) ?? [];
  const numeric = SWITCHES.filter(({ kind }) => kind === 'number');
  if (name === '') throw new BadInput(`--vary takes SWITCH=LOW..HIGH, not '${text}'`);
  const row = numeric.find((one) => one.name === name);
  if (row === undefined) {
    throw new BadInput(
      `--vary takes a switch that is a number (${numeric.map((one) => one.name).join(', ')}), not '${name}'`,
    );
  }
  const [least, most] = row.range ?? [0, 65_536];
  const [low, high] = [Number(from), Number(to)];
  if (low >= high || low < least || high > most) {
    throw new BadInput(
      `--vary ${name} takes two numbers from ${least} to ${most}, the smaller first, not '${from}..${to}'`,
    );
  }
  return { name, low, high };
}
