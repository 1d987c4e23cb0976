import { DEFAULT_CPUS, findKernel, flavourOf, type Configuration, type Selection } from '../../../core/index.ts';
import type { Given } from '../arguments.ts';
import { BadInput } from '../bad-input.ts';
import { configurationsOf, selectionOf } from '../selection.ts';

/** What a single run takes when neither the command line nor the script says; the second with kernels before ioeventfds. */
const USUAL_DESIGN = 'fast-mmio';
const USUAL_OLD_DESIGN = 'userspace';

/** The one configuration of a command that runs a script once: of each axis that the script leaves open or lists, the first value. */
export function singleConfiguration(options: Given, defaults: Selection): Configuration {
  const asked = selectionOf(options, {});
  const firsts = Object.fromEntries(
    Object.entries(defaults).map(([axis, list]) => [axis, Array.isArray(list) ? list.slice(0, 1) : (list as unknown)]),
  ) as Selection;
  const chosen = { ...firsts, ...asked };
  const old = hasOnlyShadow(chosen);
  const usual: Selection = { designs: [old ? USUAL_OLD_DESIGN : USUAL_DESIGN], ...usualMachine(chosen, old) };
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

/** An Intel machine where nobody says: with its EPT, if the kernel has that. */
function usualMachine({ cpus, mmus }: Selection, old: boolean): Selection {
  if (cpus !== undefined) return {};
  if (mmus === undefined) return old ? { cpus: [DEFAULT_CPUS.ept] } : { mmus: ['ept'] };
  return mmus.every((mmu) => mmu === 'shadow') ? { cpus: [DEFAULT_CPUS.ept] } : {};
}

/** A kernel is chosen whose EPT and NPT do not exist, or are not modelled. */
const hasOnlyShadow = ({ kernels = [] }: Selection): boolean =>
  kernels.some((id) => {
    const kernel = findKernel(id);
    return kernel.ok && kernel.value.policy.nestedPaging !== 'supported';
  });

/** A single configuration shares every axis with itself, so its name would be empty. */
function named(configuration: Configuration): Configuration {
  const { cpu, design } = configuration;
  const flavour = flavourOf(configuration);
  const usual = cpu === DEFAULT_CPUS.ept || cpu === DEFAULT_CPUS.npt;
  return { ...configuration, name: usual ? `${flavour}/${design}` : `${flavour}/${cpu}/${design}` };
}
