import { readFileSync } from 'node:fs';
import type { ResultFile } from '../contract/lab.ts';
import { History } from './history.ts';

// A process to be killed by a test: stores the same run again and again, and says each id once `add` has returned.
const [path, sample] = process.argv.slice(2) as [string, string];
const opened = History.open(path);
if (!opened.ok) throw new Error(opened.error);
const file = JSON.parse(readFileSync(sample, 'utf8')) as ResultFile;
for (;;) process.stdout.write(`${opened.value.add(file, 'a run')}\n`);
