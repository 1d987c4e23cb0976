import type { Lab } from '../../host/contract/lab.ts';
import { createBench, type Bench } from '../state/bench.ts';

/** A bench on a lab in memory. */
export const fakeBench = (lab: Lab, dialogs = false): Bench =>
  createBench(lab, {
    version: '0.1.0',
    schema: 1,
    platform: { host: 'browser', os: 'linux' },
    dialogs,
    folder: '~/exitlab',
    processors: 2,
  });
