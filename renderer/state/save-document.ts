import { en } from '../text/en.ts';
import { announce } from './announcer.ts';
import type { Bench } from './bench.ts';
import { isDirty, type ScriptDocument } from './document.ts';
import { changeDocument, findDocument } from './documents.ts';
import { forgetDraft, keepDraft } from './drafts.ts';
import { failureOf, sentenceOf } from './failure.ts';
import { loadFiles, type FileStamp } from './files.ts';
import { lengthProblem } from './script-length.ts';
import { ask } from './questions.ts';
import { saveAsking } from './save-as.ts';

/** Writes a document to its file, or asks for one. True when it is saved. */
export async function saveDocument(bench: Bench, id: string): Promise<boolean> {
  const document = findDocument(bench.documents.getState(), id);
  if (document === null) return false;
  return document.path === null ? saveDocumentAs(bench, id) : write(bench, document, document.path, document.base);
}

async function write(bench: Bench, document: ScriptDocument, path: string, base: number | null): Promise<boolean> {
  const { text } = document;
  try {
    const stamp = await bench.lab.call('files.save', { path, text, base });
    await saved(bench, document, text, stamp);
    return true;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== 'changed') {
      announce(bench.announcer, en.files.saveFailed(document.name, failure.message), 'error');
      return false;
    }
    const reply = await ask(bench.questions, {
      title: en.files.changedTitle(document.name),
      text: en.files.changedText,
      answers: [
        { id: 'cancel', label: en.common.cancel },
        { id: 'overwrite', label: en.files.overwrite, danger: true },
      ],
    });
    return reply.id === 'overwrite' ? write(bench, document, path, null) : false;
  }
}

/** Writes a document under a name that the user gives. True when it is saved. */
export async function saveDocumentAs(bench: Bench, id: string): Promise<boolean> {
  const document = findDocument(bench.documents.getState(), id);
  if (document === null) return false;
  const name = bench.about.dialogs ? (document.path ?? document.name) : await askForName(bench, document);
  return name === null ? false : writeAs(bench, document, name);
}

async function writeAs(bench: Bench, document: ScriptDocument, name: string): Promise<boolean> {
  const { text } = document;
  try {
    const stamp = await saveAsking(bench, name, (to, overwrite) =>
      bench.lab.call('files.saveAs', { name: to, text, overwrite }),
    );
    if (stamp === null) return false;
    await saved(bench, document, text, stamp);
    return true;
  } catch (error) {
    announce(bench.announcer, en.files.saveFailed(name, sentenceOf(error)), 'error');
    return false;
  }
}

/** The text is in the file: the draft goes, and what was typed meanwhile stays unsaved. */
async function saved(bench: Bench, document: ScriptDocument, text: string, stamp: FileStamp): Promise<void> {
  await forgetDraft(bench, document);
  changeDocument(bench.documents, document.id, {
    path: stamp.path,
    name: stamp.name,
    base: stamp.modified,
    saved: text,
    draft: null,
  });
  const now = findDocument(bench.documents.getState(), document.id);
  if (now !== null && isDirty(now)) await keepDraft(bench, document.id);
  announce(bench.announcer, en.files.savedAs(stamp.path));
  const tooLong = lengthProblem({ name: stamp.name, text });
  if (tooLong !== null) announce(bench.announcer, tooLong, 'error');
  await loadFiles(bench.files, bench.lab);
}

async function askForName(bench: Bench, document: ScriptDocument): Promise<string | null> {
  const reply = await ask(bench.questions, {
    title: en.files.saveAs,
    text: en.files.whereSave(bench.about.folder),
    answers: [{ id: 'save', label: en.files.saveButton }],
    field: { label: en.files.path, value: document.path ?? document.name },
  });
  return reply.id === 'save' && reply.text.trim() !== '' ? reply.text.trim() : null;
}
