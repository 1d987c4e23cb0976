import { createHash } from 'node:crypto';
import type { Configuration } from '../../core/index.ts';
import type { RunOptions } from '../contract/lab.ts';

/**
 * Names everything that decides a run's result: version of the program, script, configuration, options. Equal keys, equal bytes. The
 * configuration's label is the user's and decides nothing, and so does the time limit.
 */
export function runKey(version: string, script: string, configuration: Configuration, options: RunOptions): string {
  const { name: _, switches, ...rest } = configuration;
  const decisive = [
    version,
    script,
    Object.entries(rest).sort(byName),
    Object.entries(switches).sort(byName),
    options.check,
    options.events,
  ];
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex').slice(0, 40);
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
