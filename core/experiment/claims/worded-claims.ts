import type { Checked, Claim, Uncovered } from './claim.ts';
import { configurationOf } from './exit-cost.ts';
import { KICK, kickCost, READ_BELL, runRecords, TOUCH_RAM } from './kick.ts';

const INTEL = { cpus: ['sapphire-rapids'], mmus: ['ept'], mitigations: ['none'] } as const;
const whole = (cycles: number): string => String(Math.round(cycles));
const words = (holds: boolean, text: string): Checked => ({ model: null, error: null, holds, words: text });

const claim = (id: string, says: string, source: string, check: () => Checked): Claim => ({
  id,
  says,
  source,
  published: null,
  role: 'words',
  check,
});

/** How often a run took a step. */
const timesOf = (result: ReturnType<typeof runRecords>, step: string): number =>
  result.paths.reduce(
    (sum, { steps, count }) => sum + count * steps.reduce((n, [name, times]) => (name === step ? n + times : n), 0),
    0,
  );

/** Claims in words that a run can show to hold or not. */
export const wordedClaims = (): Claim[] => [
  claim(
    'A5.01',
    'an MMIO kick by FAST_MMIO is essentially as fast as a PIO kick',
    'linux 68c3b4d1676d, M. Tsirkin 2014 (seed 000)',
    () => {
      const mmio = kickCost({ ...INTEL, designs: ['fast-mmio'], kernels: ['4.2'] });
      const pio = kickCost({ ...INTEL, designs: ['pio'], kernels: ['4.2'] });
      return words(Math.abs(mmio / pio - 1) < 0.1, `${whole(mmio)} against ${whole(pio)} cycles on kernel 4.2`);
    },
  ),
  claim(
    'A5.02',
    'other MMIO is not measurably slower with FAST_MMIO',
    'linux 68c3b4d1676d, M. Tsirkin 2014 (seed 000)',
    () => {
      const before = kickCost({ ...INTEL, designs: ['wildcard'], kernels: ['3.14'] });
      const after = kickCost({ ...INTEL, designs: ['wildcard'], kernels: ['3.15'] });
      return words(Math.abs(after / before - 1) < 0.01, `${whole(before)} cycles on 3.14, ${whole(after)} on 3.15`);
    },
  ),
  claim(
    'A5.03',
    'MMIO is still slightly slower than PIO, because of the page walk',
    'RFC 1/3, M. Tsirkin, August 2015 (seed 001)',
    () => {
      const at = { ...INTEL, kernels: ['4.2'] };
      const mmio = runRecords(configurationOf({ ...at, designs: ['fast-mmio'] }), KICK);
      const [fast, pio] = [kickCost({ ...at, designs: ['fast-mmio'] }), kickCost({ ...at, designs: ['pio'] })];
      const walks = timesOf(mmio, 'walk.fixed');
      return words(
        fast > pio && walks >= 64,
        `${whole(fast - pio)} cycles more, with ${walks} walks in ${mmio.accesses} kicks`,
      );
    },
  ),
  claim(
    'B1.tlb',
    'backed by a read-only page, a doorbell kick becomes as fast as a port: the TLB holds its page',
    'M. Tsirkin, August 2015 (seed 001)',
    () => {
      const at = { ...INTEL, kernels: ['4.2'] };
      const rfc = runRecords(configurationOf({ ...at, designs: ['rfc-violation'] }), KICK);
      const [cost, pio] = [kickCost({ ...at, designs: ['rfc-violation'] }), kickCost({ ...at, designs: ['pio'] })];
      const walks = timesOf(rfc, 'walk.fixed');
      const holds = walks < rfc.accesses / 2;
      return words(
        holds,
        `${walks} walks in ${rfc.accesses} kicks: the violation drops what was cached; ${whole(cost)} against ${whole(pio)} cycles`,
      );
    },
  ),
  claim(
    'B1.reads',
    'with the RFC a read of the doorbell kicks too',
    'Xiao Guangrong, 31 August 2015 (seed 001)',
    () => {
      const result = runRecords(
        configurationOf({ ...INTEL, kernels: ['4.2'], designs: ['rfc-violation'] }),
        READ_BELL,
        8,
      );
      const spurious = result.divergences
        .filter(({ kind }) => kind === 'spurious-signal')
        .reduce((sum, { count }) => sum + count, 0);
      return words(spurious > 0, `${spurious} of 8 reads signalled the eventfd`);
    },
  ),
  claim(
    'B1.tax',
    'with the RFC every ordinary page fault pays for a look-up of the bus',
    'Xiao Guangrong, 31 August 2015 (seed 001)',
    () => {
      const at = { ...INTEL, kernels: ['4.2'] };
      const first = (design: string): number =>
        timesOf(runRecords(configurationOf({ ...at, designs: [design] }), TOUCH_RAM, 1), 'kvm_io_bus_write');
      const [rfc, bad] = [first('rfc-violation'), first('bad-page')];
      return words(
        rfc > bad && bad === 0,
        `${rfc} look-ups for the first touch of a page with the RFC, ${bad} with the bad-page path`,
      );
    },
  ),
];

/** Published claims that need what the model has not, or that name no number to compare. */
export const UNCOVERED: readonly Uncovered[] = [
  {
    id: 'A5.05',
    says: 'netperf and kernbench before and after MMIO SPTEs',
    why: 'whole-system throughput, no count of exits is given',
  },
  {
    id: 'A5.12',
    says: 'coalesced PIO 10.75 to 1.57 us',
    why: 'a Windows guest’s mix of times to userspace, not one path',
  },
  {
    id: 'A5.19',
    says: 'zero-length doorbells raise netperf by 5 to 45 %',
    why: 'whole-system throughput, no count of exits is given',
  },
];
