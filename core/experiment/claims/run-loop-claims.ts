import { ARGS_UNIT, RECORD, recordHeader } from '../../guest/records.ts';
import { OP } from '../../guest/instruction.ts';
import type { RegistersOp, SetupOp } from '../../guest/setup.ts';
import { MSR } from '../../spec/msr.ts';
import type { Selection } from '../configurations.ts';
import { type Bounds, priceResult } from '../pricing.ts';
import type { RunResult } from '../result.ts';
import { prepare } from '../run.ts';
import { checkedFigure, type Claim } from './claim.ts';
import { configurationOf, modelOf } from './exit-cost.ts';
import { steadyCost } from './kick.ts';

const LOOPS = 64;
/** tscdeadline of vmexit.flat: this many cycles from now. */
const DELAY = 3000;
/** TSC-deadline mode, vector 0xec. */
const LVT = 0x400ec;

type Registers = Omit<RegistersOp, 'kind'>;

interface Guest {
  readonly registers?: Registers;
  readonly lapic?: boolean;
  /** Doorbell records need one. */
  readonly bell?: boolean;
}

const insn = (op: number, size: number, ...args: readonly number[]): number[] => [
  recordHeader(op, size, args.length, 0),
  ...args,
];

/** Runs records once, then others in a loop; a result of the whole. */
function run(selection: Selection, guest: Guest, before: readonly number[], body: readonly number[]): RunResult {
  const setup: SetupOp[] = [
    { kind: 'ram', gpa: 0n, size: 1n << 20n, readonly: false, logDirty: false, hostPage: '4K', map: '4K' },
  ];
  if (guest.bell === true) setup.push({ kind: 'doorbell', id: 0, name: 'kick', width: 4, gpa: null, match: 1n });
  if (guest.registers !== undefined) setup.push({ kind: 'registers', ...guest.registers });
  if (guest.lapic === true) setup.push({ kind: 'lapic' });
  const prepared = prepare(configurationOf(selection), setup);
  if (!prepared.ok) throw new Error(prepared.error);
  const records = [...before, RECORD.LOOP + 2 * ARGS_UNIT, LOOPS, body.length, ...body];
  prepared.value.run(Float64Array.from(records), records.length);
  return prepared.value.result();
}

/** Cycles of one turn of the loop: all paths of a run taken once a turn. */
function turn(result: RunResult, skip: (steps: RunResult['paths'][number]['steps']) => boolean = () => false): Bounds {
  const paths = result.paths.filter(({ count, steps }) => count >= LOOPS && !skip(steps));
  const priced = priceResult(
    paths.map((path) => ({ ...path, count: Math.floor(path.count / LOOPS) })),
    modelOf(result.configuration.cpu),
  );
  if (!priced.ok) throw new Error(priced.error);
  return priced.value.total;
}

const OSXSAVE: Registers = { osxsave: true };
const PKE: Registers = { osxsave: true, xcr0: 'host', pke: true, pkru: 0 };

/** INVD on 6.18 with a design of seed 003. */
const invd = (cpu: string, design: string, registers: Registers, switches: Selection['switches'] = {}): Bounds =>
  turn(
    run(
      { cpus: [cpu], kernels: ['6.18'], designs: [design], mitigations: ['default'], switches },
      { registers },
      [],
      insn(OP.INVD, 0),
    ),
  );

const figure = (
  id: string,
  says: string,
  source: string,
  published: number,
  role: Claim['role'],
  model: () => Bounds,
) => ({
  id,
  says: `${says}: ${published} cycles`,
  source,
  published,
  role,
  check: () => checkedFigure(published, model()),
});

const V2_3 = 'linux 75c69c82f211 (S. Christopherson, November 2025; seed 003)';
const V2_4 = 'linux 7649412af3ea (S. Christopherson, November 2025; seed 003)';
/** CET_U, a supervisor state that a host with user shadow stacks has. */
const SHADOW_STACKS = { hostXss: 0x800 };

/** Seed 003's own figures. Zen 5 is not modelled: Zen 4 stands for Turin. */
function swaps(): Claim[] {
  const [emr, turin] = ['sapphire-rapids', 'zen4'];
  return [
    figure('A1.20.before', 'INVD, OSXSAVE, Emerald Rapids', V2_3, 1300, 'fitted', () =>
      invd(emr!, 'mc-outside', OSXSAVE),
    ),
    figure('A1.20.before-xss', 'INVD, the same with a host that has shadow stacks', V2_3, 1300, 'fitted', () =>
      invd(emr!, 'mc-outside', OSXSAVE, SHADOW_STACKS),
    ),
    figure('A1.20.after', 'INVD, OSXSAVE, Emerald Rapids, swaps outside', V2_3, 1000, 'fitted', () =>
      invd(emr!, 'xcr0-outside', OSXSAVE),
    ),
    figure('A1.21.before', 'INVD, PKE, Emerald Rapids', V2_4, 810, 'predicted', () => invd(emr!, 'xcr0-outside', PKE)),
    figure('A1.21.after', 'INVD, PKE, Emerald Rapids, PKRU outside', V2_4, 770, 'predicted', () =>
      invd(emr!, 'xcr0-pkru-outside', PKE),
    ),
    figure('A4.01.before', 'INVD, OSXSAVE, Turin (Zen 5)', V2_3, 2000, 'fitted', () =>
      invd(turin!, 'mc-outside', OSXSAVE),
    ),
    figure('A4.01.before-xss', 'INVD, the same with a host that has shadow stacks', V2_3, 2000, 'fitted', () =>
      invd(turin!, 'mc-outside', OSXSAVE, SHADOW_STACKS),
    ),
    figure('A4.01.after', 'INVD, OSXSAVE, Turin (Zen 5), swaps outside', V2_3, 1500, 'fitted', () =>
      invd(turin!, 'xcr0-outside', OSXSAVE),
    ),
    figure('A4.02.before', 'INVD, PKE, Turin (Zen 5)', V2_4, 1560, 'predicted', () =>
      invd(turin!, 'xcr0-outside', PKE),
    ),
    figure('A4.02.after', 'INVD, PKE, Turin (Zen 5), PKRU outside', V2_4, 1500, 'predicted', () =>
      invd(turin!, 'xcr0-pkru-outside', PKE),
    ),
  ];
}

const ARMED = insn(OP.WRMSR, 0, MSR.X2APIC_LVT_TIMER, LVT);
const PAST = insn(OP.WRMSR, 2, MSR.IA32_TSC_DEADLINE, 0);
const LATER = [...insn(OP.WRMSR, 2, MSR.IA32_TSC_DEADLINE, DELAY), RECORD.PAUSE + ARGS_UNIT, DELAY];

/** The Skylake-SP of 2020 has its mitigations, as in A1.16 of the same author; the Haswell of 2017 came before them. */
const MITIGATIONS: Readonly<Record<string, string>> = { 'skylake-sp': 'default', haswell: 'none' };

function deadline(cpu: string, kernel: string, hvTimer: boolean, body: readonly number[]): Bounds {
  const at = { cpus: [cpu], kernels: [kernel], mitigations: [MITIGATIONS[cpu]!], switches: { hvTimer } };
  // What is left of the pause once the interrupt has come is no part of the test.
  return turn(
    run(at, { lapic: true }, ARMED, body),
    (steps) => steps[0]![0] === 'guest.pause' && steps[0]![1] < DELAY / 2,
  );
}

function timers(): Claim[] {
  const unit = 'kvm-unit-tests cfbd129c (2017), Haswell';
  const wanpeng = 'linux 26efe2fd92e5 (Wanpeng Li, 2020), Skylake-SP, APICv';
  const row = (id: string, says: string, source: string, cycles: number, model: () => Bounds): Claim =>
    figure(id, says, source, cycles, 'predicted', model);
  return [
    row('A1.26.hv', 'tscdeadline, VMX preemption timer', unit, 5600, () => deadline('haswell', '4.15', true, LATER)),
    row('A1.26.hrtimer', 'tscdeadline, hrtimer', unit, 6800, () => deadline('haswell', '4.15', false, LATER)),
    row('A1.26.immed-hv', 'tscdeadline_immed, VMX preemption timer', unit, 2500, () =>
      deadline('haswell', '4.15', true, PAST),
    ),
    row('A1.26.immed-hrtimer', 'tscdeadline_immed, hrtimer', unit, 3700, () =>
      deadline('haswell', '4.15', false, PAST),
    ),
    row('A2.06.immed-before', 'tscdeadline_immed, no fastpath', wanpeng, 3028.5, () =>
      deadline('skylake-sp', '4.15', true, PAST),
    ),
    row('A2.06.immed-after', 'tscdeadline_immed, fastpath', wanpeng, 2494.75, () =>
      deadline('skylake-sp', '6.18', true, PAST),
    ),
    row('A2.06.before', 'tscdeadline, no fastpath', wanpeng, 5765.7, () => deadline('skylake-sp', '4.15', true, LATER)),
    row('A2.06.after', 'tscdeadline, fastpath', wanpeng, 5285, () => deadline('skylake-sp', '6.18', true, LATER)),
  ];
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

const worded = (): Claim[] => [
  {
    id: 'B3.25',
    says: 'a guest that does nothing but fastpath exits gains about 25 %',
    source: 'cover letter of seed 003 (S. Christopherson, October 2025)',
    published: null,
    role: 'words',
    check: () => {
      const gain = (cpu: string): number =>
        1 - invd(cpu, 'xcr0-pkru-outside', OSXSAVE).value / invd(cpu, 'mc-outside', OSXSAVE).value;
      const [intel, amd] = [gain('sapphire-rapids'), gain('zen4')];
      const holds = [intel, amd].every((part) => part >= 0.2 && part <= 0.3);
      const text = `${percent(intel)} on Sapphire Rapids, ${percent(amd)} on Zen 4, with the swap prices fitted to the same series`;
      return { model: null, error: null, holds, words: text };
    },
  },
  {
    id: 'B3.mmio',
    says: 'exits that leave the loop, such as MMIO, gain nothing',
    source: 'linux 75c69c82f211 and seed 003; vector 159',
    published: null,
    role: 'words',
    check: () => {
      const kick = (design: string): number => {
        const at = { cpus: ['sapphire-rapids'], kernels: ['6.18'], designs: [design] };
        const body = [RECORD.KICK + 2 * ARGS_UNIT, 0, 1];
        return steadyCost(run(at, { registers: OSXSAVE, bell: true }, body, body));
      };
      const [before, after] = [kick('fast-mmio'), kick('xcr0-pkru-outside')];
      const text = `a FAST_MMIO kick costs ${Math.round(before)} cycles before and ${Math.round(after)} after`;
      return { model: null, error: null, holds: before > 0 && Math.abs(after - before) < 1, words: text };
    },
  },
];

/** What seed 003 and the timer patches published, and what was said of it. */
export const runLoopClaims = (): Claim[] => [...swaps(), ...timers(), ...worded()];
