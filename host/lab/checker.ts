import type { LabParams, LabReply } from '../contract/lab.ts';
import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import type { Compiler } from './compiler.ts';
import { failed } from './failed.ts';
import type { Pools } from './pools.ts';

/** Seconds that a script may take to get to its scenario(). */
const SECONDS = 5;

/** Says what is wrong with a script, or what its scenario is. */
export class Checker {
  private readonly compiler: Compiler;
  private readonly pools: Pools;

  constructor(compiler: Compiler, pools: Pools) {
    this.compiler = compiler;
    this.pools = pools;
  }

  async check({ name, text }: LabParams<'check'>): Promise<LabReply<'check'>> {
    const compiled = await this.compiler.compile(name, text);
    if (!compiled.ok) return wrong(compiled.error);
    const pool = this.pools.take();
    const answer = await pool.run({
      kind: 'describe',
      script: compiled.value,
      limits: { ...DEFAULT_LIMITS, seconds: SECONDS },
    });
    this.pools.giveBack(pool);
    if (answer.kind === 'script-error') return wrong([answer.error]);
    if (answer.kind !== 'described') throw failed('crashed', answer.kind === 'crashed' ? answer.message : 'no answer');
    const { title, question, claims, says, configurations } = answer.description;
    return { diagnostics: [], scenario: { title, question, claims, says, selection: { ...configurations } } };
  }
}

const wrong = (
  errors: readonly { readonly line: number; readonly column: number; readonly message: string }[],
): LabReply<'check'> => ({
  diagnostics: errors.map(({ line, column, message }) => ({ line, column, severity: 'error', message })),
  scenario: null,
});
