import type { PathResult, RunResult } from '../result.ts';

type Paths = Pick<RunResult, 'paths'>;

const counted = ({ paths }: Paths): Map<string, PathResult> =>
  new Map(paths.filter(({ count }) => count > 0).map((path) => [JSON.stringify(path.steps), path]));

/** True when every access took the same steps in both: the same paths, as often. */
export function tookSamePaths(a: Paths, b: Paths): boolean {
  const [one, other] = [counted(a), counted(b)];
  return one.size === other.size && [...one].every(([key, { count }]) => other.get(key)?.count === count);
}

/** Paths of the first that the second never took, the most frequent first. */
export function pathsOnlyIn(a: Paths, b: Paths): PathResult[] {
  const other = counted(b);
  return [...counted(a)]
    .filter(([key]) => !other.has(key))
    .map(([, path]) => path)
    .sort((one, two) => two.count - one.count);
}
