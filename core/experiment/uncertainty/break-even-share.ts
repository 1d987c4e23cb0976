import { err, ok, type Result } from '../../base/result.ts';
import { pricePhases } from '../phases.ts';
import type { PricedRun } from '../priced-run.ts';
import { priceResult } from '../pricing.ts';
import { ACCESS_KINDS, isOfKind, type AccessKind } from './access-kinds.ts';

/** Share of accesses of one phase, or of one kind, at which both sides cost the same. */
export interface ShareBreakEven {
  /** `phase 'warm'`, or a kind of access: `reads`. */
  readonly what: string;
  /** 0 to 1. */
  readonly share: number;
  /** The share now. */
  readonly now: number;
  /** Which side is cheaper above that share. */
  readonly above: 'A' | 'B';
}

/** Some of a run's accesses. */
interface Part {
  readonly accesses: number;
  /** Mean cycles of one. */
  readonly cycles: number;
}

/**
 * Break-even share of a phase against all other phases together, whose mix stays as it is. Exact: the mean cost is linear in the share.
 * A sentence when the runs have no such phase, or when the sign of the difference is the same at any share.
 */
export function breakEvenShare(a: PricedRun, b: PricedRun, phase: string): Result<ShareBreakEven> {
  const [phasesA, phasesB] = [pricePhases(a.result, a.model), pricePhases(b.result, b.model)];
  const found = phasesA.find(({ name }) => name === phase);
  const other = phasesB.find(({ name }) => name === phase);
  if (found === undefined || other === undefined) {
    const names = phasesA.map(({ name }) => name);
    return err(
      names.length === 0
        ? 'the script names no phases: put cpu.phase() before its parts to ask for a share'
        : `there is no phase '${phase}'; there are ${names.join(', ')}`,
    );
  }
  const rest = (list: typeof phasesA): Part => {
    const others = list.filter(({ name }) => name !== phase);
    const accesses = others.reduce((sum, one) => sum + one.accesses, 0);
    const cycles = others.reduce((sum, one) => sum + one.accesses * one.cycles.value, 0);
    return { accesses, cycles: accesses === 0 ? 0 : cycles / accesses };
  };
  const part = ({ accesses, cycles }: (typeof phasesA)[number]): Part => ({ accesses, cycles: cycles.value });
  return solve(`phase '${phase}'`, [part(found), rest(phasesA)], [part(other), rest(phasesB)]);
}

/**
 * Break-even share of a kind of access against all others, whose mix stays as it is. Exact for the costs that the runs had. A sentence when the two did not
 * make as many of them: then they are not the same accesses, and a share of them says nothing.
 */
export function breakEvenKind(a: PricedRun, b: PricedRun, kind: string): Result<ShareBreakEven> {
  const known = ACCESS_KINDS.find((one) => one === kind);
  if (known === undefined) return err(`there is no kind of access '${kind}'; there are ${ACCESS_KINDS.join(', ')}`);
  const [partsA, partsB] = [partsOf(a, known), partsOf(b, known)];
  const [one, other] = [partsA[0].accesses, partsB[0].accesses];
  if (one !== other) {
    return err(`A made ${one} ${kind} and B ${other}: these are not the same accesses, so their share says nothing`);
  }
  if (one === 0) return err(`there are no ${kind} in the script`);
  return solve(kind, partsA, partsB);
}

function partsOf({ result, model }: PricedRun, kind: AccessKind): readonly [Part, Part] {
  const price = (isWanted: boolean): Part => {
    const priced = priceResult(
      result.paths.filter((path) => isOfKind(path, kind) === isWanted),
      model,
    );
    if (!priced.ok) throw new Error(priced.error);
    const { accesses, perAccess } = priced.value;
    return { accesses, cycles: accesses === 0 ? 0 : perAccess.value };
  };
  return [price(true), price(false)];
}

/** Solves for the share of the first of two parts of each side. */
function solve(
  what: string,
  [inA, restA]: readonly [Part, Part],
  [inB, restB]: readonly [Part, Part],
): Result<ShareBreakEven> {
  if (inA.accesses === 0 || inB.accesses === 0)
    return err(`a side has no access of ${what}: what one costs there is not known`);
  if (restA.accesses === 0 || restB.accesses === 0)
    return err(`all accesses are of ${what}: there is no other to weigh it against`);
  const inside = inB.cycles - inA.cycles;
  const outside = restB.cycles - restA.cycles;
  if (inside === 0 && outside === 0) return err(`both cost the same at any share of ${what}`);
  const share = outside / (outside - inside);
  if (!(share > 0 && share < 1)) {
    return err(`${inside + outside < 0 ? 'B' : 'A'} is cheaper at any share of ${what}`);
  }
  return ok({ what, share, now: inA.accesses / (inA.accesses + restA.accesses), above: inside < 0 ? 'B' : 'A' });
}
