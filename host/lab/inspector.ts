import type { Inspection, LabParams } from '../contract/lab.ts';
import { LabError } from '../contract/lab.ts';
import { DEFAULT_LIMITS } from '../sandbox/limits.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { Compiler } from './compiler.ts';
import { failed } from './failed.ts';
import type { Pools } from './pools.ts';
import { nameTraceSteps } from './trace-steps.ts';

/** Shows single accesses: runs the script up to one with the recorder on. One at a time, the newest wins. */
export class Inspector {
  private readonly compiler: Compiler;
  private readonly pools: Pools;
  private pool: WorkerPool | null = null;
  private giveUp: (() => void) | null = null;

  constructor(compiler: Compiler, pools: Pools) {
    this.compiler = compiler;
    this.pools = pools;
  }

  async inspect(params: LabParams<'inspect'>): Promise<Inspection> {
    this.end();
    let given = false;
    const superseded = new Promise<never>((_, reject) => {
      this.giveUp = () => {
        given = true;
        reject(failed('cancelled', 'another access was asked for'));
      };
    });
    return Promise.race([this.work(params, () => given), superseded]);
  }

  /** Ends what is under way. */
  end(): void {
    this.giveUp?.();
    this.giveUp = null;
    if (this.pool !== null) void this.pools.end(this.pool);
    this.pool = null;
  }

  private async work(
    { script, configuration, access }: LabParams<'inspect'>,
    given: () => boolean,
  ): Promise<Inspection> {
    const compiled = await this.compiler.compile(script.name, script.text);
    if (!compiled.ok) throw scriptFailed(compiled.error[0]!);
    if (given()) throw failed('cancelled', 'another access was asked for');
    const pool = (this.pool = this.pools.take());
    const answer = await pool.run({
      kind: 'run',
      script: compiled.value,
      limits: DEFAULT_LIMITS,
      configuration,
      check: false,
      trace: access,
      details: true,
    });
    if (this.pool === pool) {
      this.pool = null;
      this.giveUp = null;
    }
    this.pools.giveBack(pool);
    if (answer.kind === 'script-error') throw scriptFailed(answer.error);
    if (answer.kind === 'refused') throw failed('refused', answer.message);
    if (answer.kind !== 'ran') throw failed('crashed', answer.kind === 'crashed' ? answer.message : 'no answer');
    const { trace, result, details } = answer.report;
    if (trace === null)
      throw failed('not-found', `the script makes ${result.accesses} accesses here; there is no access ${access}`);
    return {
      access: trace.access,
      text: trace.text,
      line: trace.line,
      steps: nameTraceSteps(trace),
      events: trace.events.map(({ name, args }, n) => ({ name, args, after: trace.after[n] ?? 0 })),
      earlier: details?.states?.earlier ?? [],
      before: details?.states?.before ?? [],
      after: details?.states?.after ?? [],
    };
  }
}

const scriptFailed = ({ message, line, column }: { message: string; line: number; column: number }): LabError =>
  new LabError({ code: 'script', message, line, column });
