import {
  contradictions,
  cpuModels,
  DEFAULT_CPUS,
  designs,
  kernels,
  MITIGATIONS,
  parseConfigurations,
  unknownName,
  type Configuration,
  type LeftOut,
  type Selection,
} from '../../core/index.ts';
import { last, listOf, numberOf, type Given, type OptionSpec } from './arguments.ts';
import { BadInput } from './bad-input.ts';

type Axes = { -readonly [K in keyof Selection]: Selection[K] };

/** Options that choose configurations; each axis takes a list. */
export const SELECTION_OPTIONS: readonly OptionSpec[] = [
  { name: 'design', aliases: ['designs'], argument: 'LIST', help: 'doorbell designs (exitlab designs)' },
  { name: 'cpu', aliases: ['cpus'], argument: 'LIST', help: 'CPU models (exitlab cpus)' },
  { name: 'mmu', aliases: ['mmus'], argument: 'LIST', help: 'ept, npt, shadow' },
  { name: 'kernel', aliases: ['kernels'], argument: 'LIST', help: 'kernel versions (exitlab kernels)' },
  {
    name: 'mitigations',
    aliases: ['mitigation'],
    argument: 'LIST',
    help: 'default, none, or ids joined by + (exitlab help mitigations)',
  },
  { name: 'nested-host', argument: 'LIST', help: 'yes, no: KVM itself runs in a virtual machine' },
  { name: 'vpid', argument: 'LIST', help: 'yes, no: TLB entries tagged by vCPU' },
  { name: 'host-page', aliases: ['host-pages'], argument: 'LIST', help: '4K, 2M, 1G: pages behind guest memory' },
  {
    name: 'host-cpus',
    argument: 'LIST',
    help: 'CPUs of the host that the vCPUs share, 0 for one each (with cpu.together)',
  },
  { name: 'switch', argument: 'NAME=VALUE', help: 'a switch of the CPU model (exitlab help switches)' },
  { name: 'seed', argument: 'N', help: 'seed of random numbers, default 1' },
  { name: 'config', argument: 'NAME', help: 'a configuration as a comparison names it, e.g. ept/fast-mmio' },
];

/** What the options say, over what the script's scenario says. */
export function selectionOf(options: Given, scenario: Selection): Selection {
  const axes: Axes = { ...scenario };
  for (const name of options.get('config') ?? []) addParts(axes, name);
  const lists = [
    ['designs', 'design'],
    ['cpus', 'cpu'],
    ['mmus', 'mmu'],
    ['kernels', 'kernel'],
    ['mitigations', 'mitigations'],
    ['hostPages', 'host-page'],
  ] as const;
  for (const [axis, option] of lists) {
    const list = listOf(options, option);
    if (list !== undefined) axes[axis] = list;
  }
  const nested = yesOrNo(options, 'nested-host');
  if (nested !== undefined) axes.nestedHost = nested;
  const vpid = yesOrNo(options, 'vpid');
  if (vpid !== undefined) axes.vpid = vpid;
  const hostCpus = listOf(options, 'host-cpus');
  if (hostCpus !== undefined) axes.hostCpus = hostCpus.map(cpuCount);
  const switches = options.get('switch');
  if (switches !== undefined) axes.switches = { ...axes.switches, ...Object.fromEntries(switches.map(switchOf)) };
  if (last(options, 'seed') !== undefined) axes.seed = numberOf(options, 'seed', 1, 0);
  for (const [axis, option] of [...lists, ['hostCpus', 'host-cpus'] as const]) {
    if (axes[axis]?.length === 0) throw new BadInput(`--${option} is an empty list`);
  }
  return axes;
}

/** The configurations of a selection. */
export function configurationsOf(selection: Selection): readonly Configuration[] {
  const parsed = parseConfigurations(selection);
  if (!parsed.ok) throw new BadInput(parsed.error);
  return parsed.value;
}

/** What the user asked for by options and does not get, because it contradicts itself. What a script asks for beyond reason stays unsaid. */
export const contradictionsOf = (options: Given, selection: Selection): readonly LeftOut[] =>
  ['design', 'cpu', 'mmu', 'kernel'].some((option) => options.has(option)) ? contradictions(selection) : [];

function yesOrNo(options: Given, name: string): boolean[] | undefined {
  return listOf(options, name)?.map((word) => {
    if (word === 'yes' || word === 'true' || word === 'on') return true;
    if (word === 'no' || word === 'false' || word === 'off') return false;
    throw new BadInput(`--${name} takes yes or no, not '${word}'`);
  });
}

function cpuCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new BadInput(`--host-cpus takes whole numbers, not '${text}'`);
  return Number(text);
}

function switchOf(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new BadInput(`--switch takes NAME=VALUE, not '${text}'`);
  return [name, value];
}

/** Puts each part of a configuration's name on the axis it belongs to. */
function addParts(axes: Axes, name: string): void {
  for (const part of name.split('/')) {
    if (part === 'ept' || part === 'npt' || part === 'shadow') axes.mmus = [part];
    else if (part === 'shadow-intel' || part === 'shadow-amd') addShadow(axes, part);
    else if (cpuModels.some(({ id }) => id === part)) axes.cpus = [part];
    else if (kernels.some(({ id }) => id === part)) axes.kernels = [part];
    else if (designs.some(({ id }) => id === part)) axes.designs = [part];
    else if (part === '4K' || part === '2M' || part === '1G') axes.hostPages = [part];
    else if (part === 'nested' || part === 'bare') axes.nestedHost = [part === 'nested'];
    else if (/^(?:own|\d+)-cpus?$/.test(part)) axes.hostCpus = [part === 'own-cpus' ? 0 : Number.parseInt(part, 10)];
    else if (part === 'vpid' || part === 'no-vpid') axes.vpid = [part === 'vpid'];
    else if (isMitigations(part)) axes.mitigations = [part];
    else throw new BadInput(`--config ${name}: ${unknownName('part', part, partNames())}`);
  }
}

/** A vendor's shadow paging: on its usual CPU, unless the name has another. */
function addShadow(axes: Axes, flavour: 'shadow-intel' | 'shadow-amd'): void {
  axes.mmus = ['shadow'];
  axes.cpus ??= [flavour === 'shadow-intel' ? DEFAULT_CPUS.ept : DEFAULT_CPUS.npt];
}

const isMitigations = (part: string): boolean =>
  part.split('+').every((id) => id === 'default' || id === 'none' || MITIGATIONS.some((known) => known.id === id));

const partNames = (): string[] => [
  'ept',
  'npt',
  'shadow',
  'shadow-intel',
  'shadow-amd',
  ...[...designs, ...cpuModels, ...kernels].map(({ id }) => id),
  '4K',
  '2M',
  '1G',
  'nested',
  'bare',
  'vpid',
  'no-vpid',
  '1-cpu',
  '2-cpus',
  'own-cpus',
  'default',
  'none',
];
