import type { Bench } from '../state/bench.ts';
import { closeDocument } from '../state/close-document.ts';
import { isDirty } from '../state/document.ts';
import { activeDocument } from '../state/documents.ts';
import { newScript, openFile } from '../state/open-document.ts';
import { saveDocument, saveDocumentAs } from '../state/save-document.ts';
import { en } from '../text/en.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** Scripts and files. Browsers keep Ctrl+N and Ctrl+W to themselves, so both have a second key. */
export function fileCommands(bench: Bench): Command[] {
  const { documents } = bench;
  const active = () => activeDocument(documents.getState());
  const isOpen = (): boolean => active() !== null;
  const withActive = (work: (id: string) => Promise<unknown>) => async (): Promise<void> => {
    const document = active();
    if (document !== null) await work(document.id);
  };
  return [
    {
      id: 'file.new',
      title: text.newScript,
      menu: 'file',
      group: 0,
      shortcuts: ['Mod+Alt+N', 'Mod+N'],
      run: () => newScript(bench),
    },
    { id: 'file.open', title: text.open, menu: 'file', group: 0, shortcuts: ['Mod+O'], run: () => openFile(bench) },
    {
      id: 'file.save',
      title: text.save,
      menu: 'file',
      group: 1,
      shortcuts: ['Mod+S'],
      enabled: isOpen,
      run: withActive((id) => saveDocument(bench, id)),
    },
    {
      id: 'file.saveAs',
      title: text.saveAs,
      menu: 'file',
      group: 1,
      shortcuts: ['Mod+Shift+S'],
      enabled: isOpen,
      run: withActive((id) => saveDocumentAs(bench, id)),
    },
    {
      id: 'file.saveAll',
      title: text.saveAll,
      menu: 'file',
      group: 1,
      enabled: () => documents.getState().open.some(isDirty),
      run: async () => {
        for (const { id } of documents.getState().open.filter(isDirty)) await saveDocument(bench, id);
      },
    },
    {
      id: 'file.close',
      title: text.close,
      menu: 'file',
      group: 2,
      shortcuts: ['Mod+Alt+W', 'Mod+W', 'Mod+F4'],
      enabled: isOpen,
      run: withActive((id) => closeDocument(bench, id)),
    },
  ];
}
