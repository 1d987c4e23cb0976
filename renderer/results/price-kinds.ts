import { priceResult, type CpuModel, type Kind, type PathResult } from '../../core/index.ts';
import { percent } from '../charts/format.ts';
import { words, type Cell, type Column } from '../charts/table.ts';
import { resultText } from '../text/results.ts';
import type { PricedRun } from './priced-runs.ts';

/** Parts of some cycles, 0 to 1, whose prices were read, derived or estimated. */
export type Kinds = Readonly<Record<Kind, number>>;

/** From what is known best to what is known least. */
const KINDS: readonly Kind[] = ['read', 'derived', 'estimated'];

/** Where some cycles come from, the largest part first: `98 % estimated, 2 % read`; one kind alone by its name. Empty for no cycles. */
export function kindsText(kinds: Kinds): string {
  const present = KINDS.filter((kind) => kinds[kind] > 0).sort((a, b) => kinds[b] - kinds[a]);
  if (present.length === 1) return present[0]!;
  return present.map((kind) => `${percent(kinds[kind])} ${kind}`).join(', ');
}

/** The column of a table of cycles that says where they come from. */
export const KINDS_COLUMN: Column = { title: resultText.prices };
export const kindsCell = (kinds: Kinds): Cell => words(kindsText(kinds));

/** Kinds of the prices of some paths, each as often as it was taken. */
export function kindsOf(paths: readonly PathResult[], model: Pick<CpuModel, 'prices'>): Kinds {
  const priced = priceResult(paths, model);
  return priced.ok ? priced.value.provenance : { read: 0, derived: 0, estimated: 0 };
}

/** Under a chart: which part of its cycles rests on prices of each kind, from the configuration with the least to that with the most. */
export function pricesLine(all: readonly Kinds[]): string {
  const parts = KINDS.toReversed().flatMap((kind) => {
    const shares = all.filter((kinds) => kindsText(kinds) !== '').map((kinds) => kinds[kind]);
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    if (shares.length === 0 || most === 0) return [];
    const [from, to] = [percent(least), percent(most)];
    return [`${from === to ? from : resultText.between(from, to)} ${kind}`];
  });
  return parts.length === 0 ? '' : resultText.pricesAre(parts);
}

export const pricesOf = (runs: readonly PricedRun[]): string => pricesLine(runs.map(({ priced }) => priced.provenance));
