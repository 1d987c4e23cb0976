// Who may import whom. The same table stands in docs/architecture.md, and a test keeps the two equal.

/** The rooms of the core that know no machine yet: what everything above is made of. */
const FACTS = ['core/base', 'core/spec'];
const PARTS = [...FACTS, 'core/guest', 'core/memory', 'core/cost', 'core/events'];
const ACTORS = [...PARTS, 'core/cpu', 'core/kvm', 'core/reference'];

/**
 * Rooms of the house, lowest first, and for each the rooms it may import from. A file may always import from its own room. A room
 * that stands for one file is named after it.
 */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  'core/base': [],
  'core/spec': ['core/base'],
  'core/memory': FACTS,
  'core/cost': FACTS,
  'core/events': FACTS,
  'core/guest': [...FACTS, 'core/memory'],
  'core/cpu': PARTS,
  'core/kvm': PARTS,
  'core/reference': PARTS,
  'core/design': ACTORS,
  'core/machine': [...ACTORS, 'core/design'],
  'core/experiment': [...ACTORS, 'core/design', 'core/machine'],
  'core/report': [...ACTORS, 'core/design', 'core/machine', 'core/experiment'],
  'core/index.ts': [...ACTORS, 'core/design', 'core/machine', 'core/experiment', 'core/report'],
  'host/contract': ['core/index.ts'],
  scenarios: ['host/contract'],
  host: ['core/index.ts', 'host/contract'],
  'renderer/text': [],
  renderer: ['core/index.ts', 'host/contract', 'renderer/text'],
  electron: ['host/contract', 'host', 'renderer/text'],
};

/** Known imports against the table, as `from.ts -> to.ts`. Empty is the aim; an entry nobody needs any more fails the test. */
export const DEBT: readonly string[] = [];
