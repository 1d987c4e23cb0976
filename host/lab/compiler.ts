import { Worker } from 'node:worker_threads';
import type { CompileAnswer, Compiled, CompileRequest } from './compile-protocol.ts';
import { failed } from './failed.ts';
import type { ScenarioWords } from './scenario-words.ts';

const WORKER = new URL('./compile-worker.ts', import.meta.url);
/** Milliseconds that one script may take; a type check of a hostile one can be made to take for ever. */
const PATIENCE = 20_000;
const REMEMBERED = 16;

interface Pending {
  readonly answer: (answer: CompileAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

/** Type checks and compiles scripts in a thread of its own. A thread that dies or takes too long is replaced. */
export class Compiler {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private readonly known = new Map<string, Promise<Compiled>>();
  private asked = 0;

  /** Compiles a script; the last few are remembered. */
  compile(name: string, text: string): Promise<Compiled> {
    const key = `${name}\0${text}`;
    const compiled = this.known.get(key) ?? this.compileNew(name, text);
    this.known.delete(key);
    this.known.set(key, compiled);
    compiled.catch(() => this.known.delete(key));
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value!);
    return compiled;
  }

  /** What a script says about itself; see scenario-words.ts. */
  async words(text: string): Promise<ScenarioWords | null> {
    const answer = await this.ask({ id: ++this.asked, kind: 'words', text });
    if (answer.kind !== 'words') throw failed('crashed', unexpected(answer));
    return answer.words;
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.lose('the lab was closed');
    await worker?.terminate();
  }

  private async compileNew(name: string, text: string): Promise<Compiled> {
    const answer = await this.ask({ id: ++this.asked, kind: 'compile', name, text });
    if (answer.kind !== 'compiled') throw failed('crashed', unexpected(answer));
    return answer.compiled;
  }

  private ask(request: CompileRequest): Promise<CompileAnswer> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        const { worker } = this;
        this.lose(`the script took more than ${PATIENCE / 1000} s to check`);
        void worker?.terminate();
      }, PATIENCE);
      timer.unref();
      this.pending.set(request.id, { answer: resolve, timer });
      this.start().postMessage(request);
    });
  }

  private start(): Worker {
    if (this.worker !== null) return this.worker;
    const worker = new Worker(WORKER, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    worker.unref();
    worker.on('message', (answer: CompileAnswer) => this.settle(answer));
    worker.on('error', (error) => this.worker === worker && this.lose(error.message));
    worker.on('exit', () => this.worker === worker && this.lose('the compiler ended'));
    return (this.worker = worker);
  }

  private settle(answer: CompileAnswer): void {
    const waiting = this.pending.get(answer.id);
    if (waiting === undefined) return;
    this.pending.delete(answer.id);
    clearTimeout(waiting.timer);
    waiting.answer(answer);
  }

  /** Everything under way fails with a sentence; the next request gets a new thread. */
  private lose(message: string): void {
    this.worker = null;
    for (const id of this.pending.keys()) this.settle({ id, kind: 'crashed', message });
  }
}

const unexpected = (answer: CompileAnswer): string =>
  answer.kind === 'crashed' ? answer.message : 'the compiler answered something else';
