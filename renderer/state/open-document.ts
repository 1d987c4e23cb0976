import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { newDocument } from './documents.ts';
import { failureOf, sentenceOf } from './failure.ts';
import { loadFiles } from './files.ts';
import type { Scenario } from './gallery.ts';
import { isResultFile, openResult } from './open-result.ts';
import { lengthProblem } from './script-length.ts';
import { ask } from './questions.ts';
import { freeId, goToDocument, showDocument } from './show-document.ts';
import { TEMPLATE } from './template.ts';

/** Opens a scenario of the gallery as a text of the user's; goes to it when it is open already. */
export function openScenario(bench: Bench, { id, text, selection }: Scenario): void {
  const { open } = bench.documents.getState();
  const found = open.find((document) => document.scenario === id && document.path === null);
  if (found !== undefined) return goToDocument(bench, found.id);
  const document = newDocument({ id: freeId(bench, `gallery:${id}`), name: `${id}.ts`, text, scenario: id });
  showDocument(bench, document, selection);
}

/** Opens an empty script. */
export function newScript(bench: Bench): void {
  const names = bench.documents.getState().open.map(({ name }) => name);
  let n = 1;
  while (names.includes(en.files.untitled(n))) n++;
  const name = en.files.untitled(n);
  showDocument(bench, newDocument({ id: freeId(bench, `untitled:${n}`), name, text: TEMPLATE }));
}

/** Opens a file, a script or a result; without a path the user is asked, by the system's dialog where there is one. */
export async function openFile(bench: Bench, given: string | null = null): Promise<void> {
  const path = given ?? (bench.about.dialogs ? null : await askForPath(bench));
  if (path === undefined) return;
  const { open } = bench.documents.getState();
  const found = path === null ? undefined : open.find((document) => document.path === path);
  if (found !== undefined) return goToDocument(bench, found.id);
  try {
    const file = await bench.lab.call('files.open', { path });
    if (file === null) return;
    if (isResultFile(file.name)) await openResult(bench, file.text);
    else {
      const tooLong = lengthProblem(file);
      if (tooLong !== null) return announce(bench.announcer, tooLong, 'error');
      showFile(bench, file);
    }
    await loadFiles(bench.files, bench.lab);
  } catch (error) {
    announce(bench.announcer, en.files.openFailed(path ?? '', sentenceOf(error)), 'error');
    if (failureOf(error).code === 'not-found') await loadFiles(bench.files, bench.lab);
  }
}

/** Shows a file that was read; goes to its editor when it is open already. */
function showFile(
  bench: Bench,
  { path, name, modified, text }: { path: string; name: string; modified: number; text: string },
): void {
  const found = bench.documents.getState().open.find((document) => document.path === path);
  if (found !== undefined) return goToDocument(bench, found.id);
  showDocument(bench, newDocument({ id: freeId(bench, `file:${path}`), name, path, text, base: modified }));
}

/** Asks for a path where the host has no dialogs; undefined when the user declines. */
async function askForPath(bench: Bench): Promise<string | undefined> {
  await loadFiles(bench.files, bench.lab);
  const { listed } = bench.files.getState();
  const reply = await ask(bench.questions, {
    title: en.files.open,
    text: en.files.whereOpen(bench.about.folder),
    answers: [{ id: 'open', label: en.files.openButton }],
    field: { label: en.files.path, value: '', suggestions: listed.map(({ path }) => path) },
  });
  return reply.id === 'open' && reply.text.trim() !== '' ? reply.text.trim() : undefined;
}
