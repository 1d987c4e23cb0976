import { runEditorAction } from '../editor/editor-registry.ts';
import type { Bench } from '../state/bench.ts';
import { en } from '../text/en.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** What the editor does by itself, for the menu and the palette. The keys are the editor's own. */
export function editCommands(bench: Bench): Command[] {
  const active = () => bench.documents.getState().active;
  const command = (id: string, title: string, group: number, action: string, editorKey?: string): Command => ({
    id: `edit.${id}`,
    title,
    menu: 'edit',
    group,
    ...(editorKey !== undefined && { editorKey }),
    enabled: () => active() !== null,
    run: () => runEditorAction(active(), action),
  });
  return [
    command('undo', text.undo, 0, 'undo', 'Mod+Z'),
    command('redo', text.redo, 0, 'redo', 'Mod+Shift+Z'),
    command('find', text.find, 1, 'actions.find', 'Mod+F'),
    command('replace', text.replace, 1, 'editor.action.startFindReplaceAction', 'Mod+H'),
    command('comment', text.comment, 2, 'editor.action.commentLine', 'Mod+/'),
    command('tab', text.tabMovesFocus, 3, 'editor.action.toggleTabFocusMode', 'Ctrl+M'),
    command('format', text.format, 2, 'editor.action.formatDocument', 'Shift+Alt+F'),
  ];
}
