import { runEditorAction } from '../editor/editor-registry.ts';
import { announce } from '../state/announcer.ts';
import type { Bench } from '../state/bench.ts';
import { en } from '../text/en.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** Ways around the window, and help. */
export function goCommands(bench: Bench): Command[] {
  const active = () => bench.documents.getState().active;
  const dock = () => bench.view.getState().dock;
  const isOpen = (): boolean => active() !== null;
  return [
    { id: 'go.nextGroup', title: text.nextGroup, menu: 'go', group: 0, shortcuts: ['F6'], run: () => dock()?.cycle(1) },
    {
      id: 'go.previousGroup',
      title: text.previousGroup,
      menu: 'go',
      group: 0,
      shortcuts: ['Shift+F6'],
      run: () => dock()?.cycle(-1),
    },
    {
      id: 'go.nextTab',
      title: text.nextTab,
      menu: 'go',
      group: 0,
      shortcuts: ['Alt+PageDown'],
      run: () => dock()?.cycleTab(1),
    },
    {
      id: 'go.previousTab',
      title: text.previousTab,
      menu: 'go',
      group: 0,
      shortcuts: ['Alt+PageUp'],
      run: () => dock()?.cycleTab(-1),
    },
    {
      id: 'go.editor',
      title: text.focusEditor,
      menu: 'go',
      group: 1,
      shortcuts: ['Alt+0'],
      enabled: isOpen,
      run: () => dock()?.show(`editor:${active()}`),
    },
    {
      id: 'go.line',
      title: text.goToLine,
      menu: 'go',
      group: 1,
      editorKey: 'Ctrl+G',
      enabled: isOpen,
      run: () => runEditorAction(active(), 'editor.action.gotoLine'),
    },
    {
      id: 'go.problem',
      title: text.nextProblem,
      menu: 'go',
      group: 1,
      shortcuts: ['F8'],
      enabled: isOpen,
      run: () => runEditorAction(active(), 'editor.action.marker.nextInFiles'),
    },
    {
      id: 'help.keys',
      title: text.keys,
      menu: 'help',
      group: 0,
      run: () => bench.view.setState({ paletteOpen: true }),
    },
    {
      id: 'help.about',
      title: text.about,
      menu: 'help',
      group: 1,
      run: () => announce(bench.announcer, en.about(bench.about.version, bench.about.platform.host)),
    },
  ];
}
