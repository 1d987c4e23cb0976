import { DEFAULT_CPUS, type Configuration, type Selection } from '../../../core/index.ts';
import type { Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import { configurationsOf, selectionOf } from '../selection.ts';

/** What a single run takes when neither the command line nor the script says. */
const USUAL_DESIGN = 'fast-mmio';

/** The one configuration of a command that runs a script once: of each axis that the script leaves open or lists, the first value. */
export function singleConfiguration(options: Given, defaults: Selection): Configuration {
  const asked = selectionOf(options, {});
  const firsts = Object.fromEntries(
    Object.entries(defaults).map(([axis, list]) => [axis, Array.isArray(list) ? list.slice(0, 1) : (list as unknown)]),
  ) as Selection;
  const chosen = { ...firsts, ...asked };
  const { cpus, mmus } = chosen;
  const usual: Selection = {
    designs: [USUAL_DESIGN],
    ...(cpus === undefined && mmus === undefined ? { mmus: ['ept'] } : {}),
  };
  const configurations = configurationsOf({ ...usual, ...chosen });
  if (configurations.length > 1) {
    const names = configurations
      .slice(0, 4)
      .map(({ name }) => name)
      .join(', ');
    throw new BadInput(
      `this chooses ${configurations.length} configurations (${names}${configurations.length > 4 ? ', ...' : ''}); ` +
        'a single run takes one, "exitlab compare" takes many',
    );
  }
  return named(configurations[0]!);
}

/** A single configuration shares every axis with itself, so its name would be empty. */
function named(configuration: Configuration): Configuration {
  const { cpu, mmu, design } = configuration;
  return { ...configuration, name: DEFAULT_CPUS[mmu] === cpu ? `${mmu}/${design}` : `${mmu}/${cpu}/${design}` };
}
