import type { Thrown } from './engine.ts';
import type { Limits } from './limits.ts';

/** One sentence for what came out of the engine. `thrownByScript`: a throw of the script's own was passed on the way. */
export function explainThrown(thrown: Thrown, thrownByScript: boolean, timedOut: boolean, limits: Limits): string {
  if (timedOut) return `the script ran longer than ${limits.seconds} s`;
  if (thrown.name === 'ScriptError') return thrown.message;
  if (thrown.name === 'InternalError') {
    if (thrown.message === 'out of memory') return outOfMemory(limits);
    if (thrown.message === 'stack overflow') return 'the script calls itself too deeply: its stack is full';
    if (thrown.message === 'string too long') return 'the script makes a string that is too long';
  }
  // Where not even the error could be made, nothing is thrown.
  if (thrown.name === '' && !thrownByScript) return outOfMemory(limits);
  if (thrown.name === '') return `the script threw ${thrown.message || 'a value that has no text'}`;
  if (thrown.message === '') return thrown.name;
  return `${thrown.name}: ${thrown.message}`;
}

const outOfMemory = ({ memoryBytes }: Limits): string =>
  `the script needs more memory than its ${memoryBytes / 1024 / 1024} MiB`;
