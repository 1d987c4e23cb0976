import { en } from '../text/en.ts';
import type { Bench } from './bench.ts';
import { isDirty } from './document.ts';
import { findDocument, removeDocument } from './documents.ts';
import { forgetDraft } from './drafts.ts';
import { forgetWaiting } from './edit-document.ts';
import { dropMatrix } from './matrices.ts';
import { ask } from './questions.ts';
import { saveDocument } from './save-document.ts';

/** Closes an editor; asks first when its text is not in a file. True when it is closed. */
export async function closeDocument(bench: Bench, id: string): Promise<boolean> {
  const document = findDocument(bench.documents.getState(), id);
  if (document === null) return true;
  if (isDirty(document)) {
    const reply = await ask(bench.questions, {
      title: en.files.closeTitle(document.name),
      text: en.files.closeText,
      answers: [
        { id: 'save', label: en.files.saveButton },
        { id: 'discard', label: en.files.discard, danger: true },
        { id: 'cancel', label: en.common.cancel },
      ],
    });
    if (reply.id === null || reply.id === 'cancel') return false;
    if (reply.id === 'save' && !(await saveDocument(bench, id))) return false;
    if (reply.id === 'discard') await forgetDraft(bench, document);
  }
  forgetWaiting(bench, id);
  removeDocument(bench.documents, id);
  dropMatrix(bench.matrices, id);
  return true;
}
