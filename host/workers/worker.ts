// A worker thread: takes one job after the other from its parent.
import { parentPort } from 'node:worker_threads';
import type { Job } from './protocol.ts';
import { runJob } from './run-job.ts';

const port = parentPort!;
port.on('message', (job: Job) => {
  void runJob(job, (report) => port.postMessage(report)).then(
    (answer) => port.postMessage(answer),
    (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      port.postMessage({ kind: 'crashed', message });
    },
  );
});
