import { createContext, use } from 'react';
import type { Bench } from './bench.ts';

export const BenchContext = createContext<Bench | null>(null);

/** The bench of the window this component is in. */
export function useBench(): Bench {
  const bench = use(BenchContext);
  if (bench === null) throw new Error('a component outside the workbench');
  return bench;
}
