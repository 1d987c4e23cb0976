import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateSet } from '../../core/base/state.ts';
import { PathTable } from '../../core/cost/paths.ts';
import { CpuHardware } from '../../core/cpu/hardware.ts';
import { Invalidation } from '../../core/cpu/invalidate.ts';
import { OP } from '../../core/guest/instruction.ts';
import { MmioAccess } from '../../core/kvm/emulate/mmio-access.ts';
import { IoBusSet } from '../../core/kvm/io/io-bus-set.ts';
import { Kvm } from '../../core/kvm/kvm.ts';
import { NestedMmu } from '../../core/kvm/mmu/nested-mmu.ts';
import { SlotChanges } from '../../core/kvm/mmu/slot-changes.ts';
import { loopPrograms, programs, unrolled } from '../driver/random-program.ts';
import {
  COMBINATIONS,
  isSane,
  pricedClock,
  runStepwise,
  runWhole,
  search,
  SWITCHES,
  textOf,
  unexplained,
} from '../driver/random-run.ts';
import { saneWorlds } from '../driver/random-world.ts';

/** The searches of the other files, with a bug put into the machine: they have to find it, or they are worth nothing. */
const sane = fc.constantFrom(...COMBINATIONS.filter(isSane));

type Method = (this: unknown, ...args: never[]) => unknown;

/** Runs `body` while one method of a class is another. */
function with_<R>(
  of: { readonly prototype: object },
  name: string,
  bug: (original: Method) => Method,
  body: () => R,
): R {
  const prototype = of.prototype as Record<string, Method>;
  const original = prototype[name]!;
  expect(original).toBeTypeOf('function');
  prototype[name] = bug(original);
  try {
    return body();
  } finally {
    prototype[name] = original;
  }
}

/** Kinds of divergence that a search finds before it ends; empty when it finds none. */
function found(numRuns = 1500): string {
  const report = fc.check(
    fc.property(sane, saneWorlds, programs(40), (combination, world, steps) => {
      const outcome = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
      const kinds = unexplained(outcome, steps, []).map(({ kind }) => kind);
      if (kinds.length > 0) throw new Error(kinds.join(' '));
    }),
    { ...search(numRuns), endOnFailure: true },
  );
  return report.failed && report.errorInstance instanceof Error ? report.errorInstance.message : '';
}

const nothing = (): Method => () => undefined;

describe('the comparison with the reference finds', () => {
  it.each([
    ['an INVLPG that invalidates nothing', Invalidation, 'address', nothing],
    ['an INVPCID or MOV CR4 that invalidates nothing', Invalidation, 'allLinear', nothing],
    ['a deleted slot whose translations stay', SlotChanges, 'zapAllRoots', nothing],
    ['a root loaded without dropping what was cached under its address', CpuHardware, 'invalidateRoot', nothing],
    ['MMIO entries whose generation never changes', Kvm, 'mmioGeneration', () => () => 0],
    ['an MMIO cache that outlives the slots', Kvm, 'generationWord', () => () => 0],
    ['a second fragment that is lost', MmioAccess, 'addFragment', onlyFirstFragment],
    ['leaves that may be written although their slot may not', NestedMmu, 'installLeaf', alwaysWritable],
    ['ioeventfds that do not look at the value', IoBusSet, 'ioeventfdWrite', anyValue],
  ] as const)('%s', (_name, of, method, bug) => {
    expect(
      with_(of as unknown as { prototype: object }, method, bug as (original: Method) => Method, () => found()),
    ).not.toBe('');
  });

  it('nothing in the machine as it is', () => {
    expect(found(100)).toBe('');
  });
});

function onlyFirstFragment(original: Method): Method {
  return function (this: unknown, ...args: never[]) {
    const io = args[0] as { fragments: number };
    return io.fragments === 0 ? original.apply(this, args) : undefined;
  };
}

function alwaysWritable(original: Method): Method {
  return function (this: unknown, ...args: never[]) {
    const [hi, lo] = args as readonly number[];
    return original.call(this, ...([hi, lo! | 2] as never[]));
  };
}

function anyValue(original: Method): Method {
  return function (this: unknown, ...args: never[]) {
    const { devices } = this as IoBusSet;
    const [device, hi, lo, length] = args as readonly number[];
    const wanted = [device, hi, lo, length, devices.matchHi[device!], devices.matchLo[device!]];
    return original.call(this, ...(wanted as never[]));
  };
}

describe('the comparison of loops with their copies finds', () => {
  it.each([
    ['a fixed point seen where there is none', StateSet, 'sameState', () => () => true],
    ['growth that is not multiplied', StateSet, 'repeatGrowth', nothing],
  ] as const)('%s', (_name, of, method, bug) => {
    const report = with_(of, method, bug as (original: Method) => Method, () =>
      fc.check(
        fc.property(sane, saneWorlds, loopPrograms, (combination, world, steps) => {
          const looped = runWhole({ ...combination, switches: SWITCHES }, world, steps);
          const copied = runWhole({ ...combination, switches: SWITCHES }, world, unrolled(steps));
          return textOf(looped.result) === textOf(copied.result);
        }),
        { ...search(300), endOnFailure: true },
      ),
    );
    expect(report.failed).toBe(true);
  });
});

describe('the comparison of evicted with kept translations finds', () => {
  it('an INVLPG that invalidates nothing', () => {
    const report = with_(Invalidation, 'address', nothing, () =>
      fc.check(
        fc.property(sane, saneWorlds, programs(40), (combination, world, steps) => {
          const kept = runStepwise({ ...combination, switches: SWITCHES }, world, steps);
          const dropped = runStepwise({ ...combination, switches: { ...SWITCHES, evictEvery: 1 } }, world, steps);
          return textOf(kept.seen) === textOf(dropped.seen);
        }),
        { ...search(1500), endOnFailure: true },
      ),
    );
    expect(report.failed).toBe(true);
  });
});

describe('the comparison of the clock with the priced paths finds', () => {
  it('a path that ends without its price', () => {
    const forgets = (): Method =>
      function (this: unknown) {
        const table = this as { at: number; count: Float64Array };
        table.count[table.at]!++;
        table.at = 0;
      };
    const { result } = with_(PathTable, 'end', forgets, () => {
      const world = fc.sample(saneWorlds, { seed: 1, numRuns: 1 })[0]!;
      return runWhole({ switches: SWITCHES }, world, [{ k: 'system', op: OP.CPUID }]);
    });
    expect(result.paths.length).toBeGreaterThan(0);
    expect(result.clock).not.toBe(pricedClock(result));
  });
});
