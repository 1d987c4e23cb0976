import { type Profile, profilesOf, type Selection } from '../../core/index.ts';
import { runScenario } from '../golden/scenario-runs.ts';
import { SEED_LISTINGS, type SeedListing } from './seed-003-listings.ts';

interface Workload {
  readonly scenario: string;
  readonly on: Selection;
  /** As the page calls it. */
  readonly says: string;
}

const INTEL = { cpus: ['sapphire-rapids'], mmus: ['ept'], kernels: ['6.18'] } as const;

/** What was run, in the order of the page; the first three stand beside the seed's listings. */
export const WORKLOADS = {
  first: { scenario: 'halt-polling', on: INTEL, says: 'two vCPUs wake each other while KVM polls' },
  second: {
    scenario: 'mmu-lock-stress',
    on: { cpus: ['sapphire-rapids'], mmus: ['shadow'], kernels: ['7.0'] },
    says: 'mmu_lock stress, shadow paging',
  },
  third: { scenario: 'timer-and-io', on: INTEL, says: 'kicks, a port of the VMM, a timer by hrtimer' },
  stressEpt: {
    scenario: 'mmu-lock-stress',
    on: { cpus: ['sapphire-rapids'], mmus: ['ept'], kernels: ['7.0'] },
    says: 'mmu_lock stress, EPT',
  },
  sleep: { scenario: 'hlt-wake', on: INTEL, says: 'a HLT that sleeps until its timer fires' },
  deadline: { scenario: 'tsc-deadline', on: INTEL, says: 'TSC deadline by the preemption timer' },
  ipi: { scenario: 'ipi-ping-pong', on: INTEL, says: 'IPI, the sender spins' },
  invd: { scenario: 'invd-loop', on: { ...INTEL, designs: ['mc-outside'] }, says: 'INVD, swaps inside the loop' },
  kick: {
    scenario: 'mmio-kick-no-gain',
    on: { ...INTEL, designs: ['fast-mmio'] },
    says: 'FAST_MMIO kicks for an I/O thread',
  },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;

/** The profile of all vCPUs of a workload. */
export async function profileOf(name: WorkloadName): Promise<Profile> {
  const { scenario, on }: Workload = WORKLOADS[name];
  const { runs } = await runScenario(scenario, on);
  if (runs.length !== 1) throw new Error(`${scenario}: ${runs.length} configurations`);
  const [{ result, model }] = runs as [(typeof runs)[number]];
  if (result.problem !== null) throw new Error(`${scenario}: ${result.problem.text}`);
  return profilesOf(result, model)[0]!;
}

/** Place of a symbol in a profile, from 1; 0 when it is not there. */
export const placeOf = ({ rows }: Profile, symbol: string): number =>
  rows.findIndex((row) => row.symbol === symbol) + 1;

/** How many symbols of a listing are among the first `places` of a profile. */
export const headCount = (profile: Profile, listing: SeedListing, places: number): number =>
  SEED_LISTINGS[listing].filter(([symbol]) => {
    const place = placeOf(profile, symbol);
    return place > 0 && place <= places;
  }).length;

const OPTIONS = [
  ['cpus', 'cpu'],
  ['mmus', 'mmu'],
  ['kernels', 'kernel'],
  ['designs', 'design'],
] as const;

/** The command that prints the profile. */
export function commandOf(name: WorkloadName): string {
  const { scenario, on }: Workload = WORKLOADS[name];
  const options = OPTIONS.flatMap(([key, option]) =>
    on[key] === undefined ? [] : [`--${option} ${on[key].join(',')}`],
  );
  return `npx exitlab profile scenarios/${scenario}.ts ${options.join(' ')}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** One listing of the seed beside the model's. */
export function besideTable(listing: SeedListing, profile: Profile): string {
  const rows = SEED_LISTINGS[listing].map(([symbol, seed], n) => {
    const place = placeOf(profile, symbol);
    const own = place === 0 ? ['', ''] : [String(place), percent(profile.rows[place - 1]!.share)];
    const beside = profile.rows[n]!;
    return [symbol, `${seed.toFixed(2)} %`, ...own, beside.symbol, percent(beside.share)];
  });
  return [
    `| seed, ${listing} | | place | in the model | model: ${profile.label} | |`,
    '| --- | ---: | ---: | ---: | --- | ---: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

/** Every workload against every listing. */
export function triedTable(profiles: Readonly<Record<WorkloadName, Profile>>): string {
  const listings = Object.keys(SEED_LISTINGS) as SeedListing[];
  const heads = listings.map((listing) => {
    const length = SEED_LISTINGS[listing].length;
    return `${listing}: of ${length}, in the first ${length} / ${2 * length}`;
  });
  const rows = (Object.keys(WORKLOADS) as WorkloadName[]).map((name) => {
    const counts = listings.map((listing) => {
      const length = SEED_LISTINGS[listing].length;
      return `${headCount(profiles[name], listing, length)} / ${headCount(profiles[name], listing, 2 * length)}`;
    });
    return [WORKLOADS[name].says, `\`${WORKLOADS[name].scenario}\``, ...counts];
  });
  return [
    `| workload | scenario | ${heads.join(' | ')} |`,
    '| --- | --- | ---: | ---: | ---: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

/** The commands, as a block of the page. */
export const commandList = (): string =>
  (Object.keys(WORKLOADS) as WorkloadName[]).map((name) => `    ${commandOf(name)}`).join('\n');
