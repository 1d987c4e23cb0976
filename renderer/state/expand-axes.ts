import {
  cpuModels,
  designs,
  nameConfigurations,
  parseConfigurations,
  type Configuration,
  type Selection,
} from '../../core/index.ts';
import { en } from '../text/en.ts';
import { configurationKey } from './configuration-key.ts';
import { selectionOf, type Axes } from './axes.ts';

/** Combinations that the matrix looks at, and configurations that it makes, at the most. */
const MOST_COMBINATIONS = 1024;
export const MOST_CONFIGURATIONS = 256;

export interface Expansion {
  readonly configurations: readonly Configuration[];
  /** Why some chosen combinations make no configuration: the core's sentences, each once, with how many it explains. */
  readonly contradictions: readonly Contradiction[];
}

export interface Contradiction {
  readonly sentence: string;
  readonly times: number;
}

/** The configurations that the axes make; combinations that contradict themselves are left out and explained. */
export function expandAxes(axes: Axes): Expansion {
  const refused = new Map<string, number>();
  const refuse = (sentence: string): void => void refused.set(sentence, (refused.get(sentence) ?? 0) + 1);
  const found = new Map<string, Configuration>();
  let looked = 0;
  for (const switches of switchChoices(axes.switches)) {
    for (const selection of combinations(selectionOf(axes, switches))) {
      if (++looked > MOST_COMBINATIONS) continue;
      const made = parseConfigurations(selection);
      if (!made.ok) refuse(made.error);
      else for (const configuration of made.value) found.set(configurationKey(configuration), configuration);
    }
  }
  if (looked > MOST_COMBINATIONS) {
    refuse(en.configure.tooManyCombinations(looked, MOST_COMBINATIONS));
  }
  const all = [...found.values()];
  if (all.length > MOST_CONFIGURATIONS) {
    refuse(en.configure.tooManyMade(all.length, MOST_CONFIGURATIONS));
  }
  return {
    configurations: nameAll(all.slice(0, MOST_CONFIGURATIONS)),
    contradictions: [...refused].map(([sentence, times]) => ({ sentence, times })),
  };
}

/** One selection for each combination that can contradict itself: designs, kernels, and CPUs with the MMUs chosen. */
function* combinations(selection: Selection): Generator<Selection> {
  const machines = [...machinesOf(selection)];
  for (const machine of machines)
    for (const kernel of selection.kernels ?? [undefined])
      for (const mitigations of selection.mitigations ?? [undefined])
        for (const nestedHost of selection.nestedHost ?? [undefined])
          for (const vpid of selection.vpid ?? [undefined])
            for (const hostPage of selection.hostPages ?? [undefined]) {
              const rest = {
                ...selection,
                ...machine,
                ...(kernel !== undefined && { kernels: [kernel] }),
                ...(mitigations !== undefined && { mitigations: [mitigations] }),
                ...(nestedHost !== undefined && { nestedHost: [nestedHost] }),
                ...(vpid !== undefined && { vpid: [vpid] }),
                ...(hostPage !== undefined && { hostPages: [hostPage] }),
              };
              // Designs of the default list are left out silently where they make no sense; chosen ones say why.
              if (selection.designs === undefined) yield rest;
              else for (const design of selection.designs) yield { ...rest, designs: [design] };
            }
}

/** CPUs that have one of the MMUs; a CPU that has none is yielded too, so that the core says why it is refused. */
function* machinesOf({ cpus, mmus }: Selection): Generator<Pick<Selection, 'cpus' | 'mmus'>> {
  if (cpus === undefined) for (const mmu of mmus ?? ['ept', 'npt']) yield { mmus: [mmu] };
  else for (const cpu of cpus) yield mmus === undefined ? { cpus: [cpu] } : { cpus: [cpu], mmus };
}

/** Every combination of the values of the switches. */
function switchChoices(switches: Axes['switches']): Record<string, boolean | number>[] {
  let choices: Record<string, boolean | number>[] = [{}];
  for (const [name, values] of Object.entries(switches)) {
    if (values.length > 0) choices = choices.flatMap((choice) => values.map((value) => ({ ...choice, [name]: value })));
  }
  return choices;
}

const MACHINE_ORDER = cpuModels.map(({ id }) => id);
const DESIGN_ORDER = designs.map(({ id }) => id);

/** Names by what is not shared, as the core gives them, with the switches that vary; no two are the same. */
export function nameAll(list: readonly Configuration[]): Configuration[] {
  const sorted = [...list].sort(
    (a, b) =>
      MACHINE_ORDER.indexOf(a.cpu) - MACHINE_ORDER.indexOf(b.cpu) ||
      DESIGN_ORDER.indexOf(a.design) - DESIGN_ORDER.indexOf(b.design),
  );
  const names = new Set(sorted.flatMap(({ switches }) => Object.keys(switches)));
  const varying = [...names].filter((name) => new Set(sorted.map(({ switches }) => switches[name])).size > 1);
  return nameConfigurations(sorted).map((configuration) => {
    const extra = varying.flatMap((name) => {
      const value = configuration.switches[name];
      return value === undefined ? [] : [`${name}=${String(value)}`];
    });
    return { ...configuration, name: [configuration.name, ...extra].join('/') };
  });
}
