import { Worker } from 'node:worker_threads';
import { readMessage, type Answer, type Job, type Report } from './protocol.ts';

const WORKER = new URL('./worker.ts', import.meta.url);
/** Seconds beyond a script's own limit before its worker is ended from outside: the sandbox knows the place, the pool does not. */
const GRACE = 5;

interface Task {
  readonly job: Job;
  readonly report: (report: Report) => void;
  readonly answer: (answer: Answer) => void;
}

/**
 * Worker threads that do jobs, a few at a time. A worker that crashes or overruns costs its own job; the next one gets a new worker.
 * `close()` ends everything at once; jobs under way are never answered.
 */
export class WorkerPool {
  private readonly size: number;
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private readonly queue: Task[] = [];
  private closed = false;

  constructor(size: number) {
    this.size = Math.max(1, size);
  }

  run(job: Job, report: (report: Report) => void = () => {}): Promise<Answer> {
    return new Promise((answer) => {
      this.queue.push({ job, report, answer });
      this.next();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue.length = 0;
    await Promise.all([...this.all].map((worker) => worker.terminate()));
  }

  private next(): void {
    if (this.closed || this.queue.length === 0) return;
    const worker = this.idle.pop() ?? (this.all.size < this.size ? this.start() : undefined);
    if (worker === undefined) return;
    this.give(worker, this.queue.shift()!);
  }

  private start(): Worker {
    // execArgv: flags of the parent such as a debugger's are not the workers'.
    const worker = new Worker(WORKER, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.all.add(worker);
    return worker;
  }

  private give(worker: Worker, { job, report, answer }: Task): void {
    const { seconds } = job.limits;
    const done = (result: Answer, lost: boolean): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      if (lost) {
        this.all.delete(worker);
        worker.on('error', () => {});
        void worker.terminate();
      } else this.idle.push(worker);
      if (!this.closed) answer(result);
      this.next();
    };
    const timer = setTimeout(
      () => {
        const message = `the script ran longer than ${seconds} s`;
        done({ kind: 'script-error', error: { file: job.script.file, line: 0, column: 0, message } }, true);
      },
      (seconds + GRACE) * 1000,
    );
    worker.on('message', (message: unknown) => {
      const read = readMessage(message);
      if (read.kind === 'progress' || read.kind === 'message') report(read);
      else done(read, read.kind === 'crashed');
    });
    worker.on('error', (error) => done({ kind: 'crashed', message: error.message }, true));
    worker.on('exit', (code) => done({ kind: 'crashed', message: `the worker ended with code ${code}` }, true));
    worker.postMessage(job);
  }
}
