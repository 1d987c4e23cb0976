import type { LabReply } from '../../host/contract/lab.ts';
import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { failureOf } from './failure.ts';
import { ask } from './questions.ts';

type Stamp = LabReply<'files.saveAs'>;

/**
 * Saves something under a name that the user chooses: by the system's dialog, else by a path that is asked for; a file that is there is overwritten only when the
 * user says so. Says where it was saved, or why not.
 */
export async function saveUnderName(
  bench: Bench,
  title: string,
  suggested: string,
  save: (name: string, overwrite: boolean) => Promise<Stamp>,
): Promise<void> {
  const name = bench.about.dialogs ? suggested : await askForPath(bench, title, suggested);
  if (name === null) return;
  try {
    const stamp = await saveAsking(bench, name, save);
    if (stamp !== null) announce(bench.announcer, en.files.savedAs(stamp.path));
  } catch (error) {
    announce(bench.announcer, failureOf(error).message, 'error');
  }
}

/** Saves under a name; asks before it takes the place of a file. Null when the user declines; rejects when it cannot be written. */
export async function saveAsking(
  bench: Bench,
  name: string,
  save: (name: string, overwrite: boolean) => Promise<Stamp>,
): Promise<Stamp> {
  try {
    return await save(name, false);
  } catch (error) {
    if (failureOf(error).code !== 'exists') throw error;
    const reply = await ask(bench.questions, {
      title: en.files.existsTitle(name),
      text: en.files.existsText,
      answers: [
        { id: 'cancel', label: en.common.cancel },
        { id: 'overwrite', label: en.files.overwrite, danger: true },
      ],
    });
    return reply.id === 'overwrite' ? save(name, true) : null;
  }
}

/** Asks for a path in the lab's folder; null when the user declines. */
export async function askForPath(bench: Bench, title: string, value: string): Promise<string | null> {
  const reply = await ask(bench.questions, {
    title,
    text: en.files.whereSave(bench.about.folder),
    answers: [{ id: 'ok', label: en.common.ok }],
    field: { label: en.files.path, value },
  });
  return reply.id === 'ok' && reply.text.trim() !== '' ? reply.text.trim() : null;
}
