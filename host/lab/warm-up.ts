import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import type { Compiler } from './compiler.ts';
import type { Pools } from './pools.ts';

/** Milliseconds after the gallery was read: the window has come up by then, and nobody has pressed Run yet. */
export const WARM_UP_AFTER = 3000;

/** Starts the threads of the first run and has them load what they need, so that the user does not wait for it. */
export async function warmUp(compiler: Compiler, pools: Pools, text: string, threads: number): Promise<void> {
  const compiled = await compiler.compile('warm-up.ts', text);
  if (!compiled.ok) return;
  const pool = pools.take();
  const job = { kind: 'describe', script: compiled.value, limits: DEFAULT_LIMITS } as const;
  await Promise.all(Array.from({ length: threads }, () => pool.run(job)));
  pools.giveBack(pool);
}
