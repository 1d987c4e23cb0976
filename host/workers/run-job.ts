import { prepare, type Run } from '../../core/index.ts';
import { Session } from '../sandbox/session.ts';
import type { Answer, Job, Report } from './protocol.ts';
import type { RunDetails } from './run-report.ts';

/** Milliseconds between two reports of progress. */
const REPORT_EVERY = 100;

/** Does one job here and now. */
export async function runJob(job: Job, report: (report: Report) => void): Promise<Answer> {
  let records = 0;
  let accesses = (): number => 0;
  let next = performance.now() + REPORT_EVERY;
  const showProgress = (): void => {
    const now = performance.now();
    if (now < next) return;
    next = now + REPORT_EVERY;
    report({ kind: 'progress', records, accesses: accesses() });
  };
  const session = await Session.open(job.script, {
    seed: job.kind === 'run' ? job.configuration.seed : 0,
    hostPage: job.kind === 'run' ? job.configuration.hostPage : '4K',
    limits: job.limits,
    onMessage: (text) => report({ kind: 'message', text }),
    onProgress: (made) => {
      records = made;
      showProgress();
    },
  });
  if (!session.ok) return { kind: 'script-error', error: session.error };
  const { description } = session.value;
  if (job.kind === 'describe') return { kind: 'described', description };

  const setup = session.value.setup();
  if (!setup.ok) return { kind: 'script-error', error: setup.error };
  const prepared = prepare(job.configuration, setup.value, {
    check: job.check,
    ...(job.trace > 0 ? { trace: job.trace, inspect: job.details === true } : {}),
    details: job.details === true,
    events: job.events ?? 0,
    ...(job.prices === undefined ? {} : { prices: job.prices }),
  });
  if (!prepared.ok) return { kind: 'refused', message: prepared.error };
  const machine = prepared.value;
  accesses = () => machine.accesses;
  machine.onPulse(showProgress);
  const ran = session.value.guest(machine);
  if (!ran.ok) return { kind: 'script-error', error: ran.error };
  return {
    kind: 'ran',
    report: {
      result: machine.result(),
      trace: machine.trace,
      records,
      ...(job.details === true ? { details: detailsOf(machine) } : {}),
    },
  };
}

const detailsOf = (run: Run): RunDetails => ({
  firsts: run.firsts(),
  lines: run.lines(),
  events: run.events(),
  states: run.trace?.states ?? null,
});
