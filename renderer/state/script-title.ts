import type { ScriptText } from '../../host/contract/lab.ts';
import type { Bench } from './bench.ts';

/** What a script calls itself: a scenario of the gallery or an open script is known, any other the lab reads. Its name where it has no title. */
export async function titleOfScript(
  { gallery, documents, lab }: Pick<Bench, 'gallery' | 'documents' | 'lab'>,
  script: ScriptText,
): Promise<string> {
  const listed = gallery.getState().scenarios.find(({ text }) => text === script.text);
  if (listed !== undefined) return listed.title;
  const open = documents.getState().open.find(({ checkedText }) => checkedText === script.text);
  const { scenario } = open?.check ?? (await lab.call('check', script));
  return scenario?.title ?? script.name;
}
