import { en } from '../text/en.ts';
import type { Bench } from './bench.ts';
import { failureOf } from './failure.ts';
import type { FileStamp } from './files.ts';
import { ask } from './questions.ts';

/** Writes a text under a name; asks before it takes the place of a file. Null when the user declines; rejects when it cannot be written. */
export async function writeNew(bench: Bench, name: string, text: string): Promise<FileStamp | null> {
  const write = (overwrite: boolean): Promise<FileStamp | null> =>
    bench.lab.call('files.saveAs', { name, text, overwrite });
  try {
    return await write(false);
  } catch (error) {
    if (failureOf(error).code !== 'exists') throw error;
  }
  const reply = await ask(bench.questions, {
    title: en.files.existsTitle(name),
    text: en.files.existsText,
    answers: [
      { id: 'cancel', label: en.common.cancel },
      { id: 'overwrite', label: en.files.overwrite, danger: true },
    ],
  });
  return reply.id === 'overwrite' ? write(true) : null;
}
