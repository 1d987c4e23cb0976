import { Worker } from 'node:worker_threads';
import { readMessage, type Answer, type Job, type Report } from './protocol.ts';

const WORKER = new URL('./worker.ts', import.meta.url);
/** The sandbox ends an overrun first, because it knows the place; the pool does not. */
const GRACE = 5;

interface Task {
  readonly job: Job;
  readonly report: (report: Report) => void;
  readonly answer: (answer: Answer) => void;
}

interface Member {
  readonly worker: Worker;
  task: Task | null;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Worker threads that do jobs, a few at a time. A worker that crashes or overruns costs its own job; the next one gets a new worker.
 * `close()` ends everything at once; jobs under way are never answered.
 */
export class WorkerPool {
  private readonly size: number;
  private readonly grace: number;
  private readonly idle: Member[] = [];
  private readonly all = new Set<Member>();
  private readonly queue: Task[] = [];
  private closed = false;

  /** `grace`: seconds beyond a script's own limit before its worker is ended from outside. */
  constructor(size: number, grace = GRACE) {
    this.size = Math.max(1, size);
    this.grace = grace;
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
    const members = [...this.all];
    this.all.clear();
    for (const { timer } of members) clearTimeout(timer);
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }

  private next(): void {
    if (this.closed || this.queue.length === 0) return;
    const member = this.idle.pop() ?? (this.all.size < this.size ? this.start() : undefined);
    if (member === undefined) return;
    const task = this.queue.shift()!;
    member.task = task;
    member.timer = setTimeout(
      () => this.lose(member, overrun(task.job)),
      (task.job.limits.seconds + this.grace) * 1000,
    );
    member.worker.postMessage(task.job);
  }

  private start(): Member {
    // execArgv: flags of the parent such as a debugger's are not the workers'.
    const worker = new Worker(WORKER, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    const member: Member = { worker, task: null, timer: undefined };
    this.all.add(member);
    worker.on('message', (message: unknown) => this.hear(member, readMessage(message)));
    worker.on('error', (error) => this.lose(member, { kind: 'crashed', message: error.message }));
    worker.on('exit', (code) => this.lose(member, { kind: 'crashed', message: `the worker ended with code ${code}` }));
    return member;
  }

  private hear(member: Member, said: Answer | Report): void {
    if (said.kind === 'progress' || said.kind === 'message') member.task?.report(said);
    else if (said.kind === 'crashed') this.lose(member, said);
    else {
      this.idle.push(member);
      this.finish(member, said);
    }
  }

  private lose(member: Member, answer: Answer): void {
    if (!this.all.delete(member)) return;
    void member.worker.terminate();
    this.finish(member, answer);
  }

  private finish(member: Member, answer: Answer): void {
    clearTimeout(member.timer);
    const { task } = member;
    member.task = null;
    if (!this.closed) task?.answer(answer);
    this.next();
  }
}

const overrun = ({ script: { file }, limits: { seconds } }: Job): Answer => ({
  kind: 'script-error',
  error: { file, line: 0, column: 0, message: `the script ran longer than ${seconds} s` },
});
