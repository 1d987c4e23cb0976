import type { MenuItemConstructorOptions } from 'electron';
import { en } from '../renderer/text/en.ts';
import type { SendCommand } from './commands.ts';
import { text } from './text.ts';

type Item = MenuItemConstructorOptions;

export interface MenuSurroundings {
  readonly platform: NodeJS.Platform;
  /** True for the installed app, which has no developer tools. */
  readonly packaged: boolean;
  /** Files opened lately, newest first. */
  readonly recent: readonly { readonly name: string; readonly path: string }[];
  readonly send: SendCommand;
  /** Opens a file that the user chose from the menu. */
  readonly openFile: (path: string) => void;
}

const { commands: titles, panes } = en;
const LINE: Item = { type: 'separator' };
const MOST_RECENT = 15;

/** Panes in the order of the window's own View menu. */
const PANES = [
  'gallery',
  'files',
  'configure',
  'results',
  'compare',
  'inspect',
  'timeline',
  'divergences',
  'report',
  'history',
  'problems',
  'welcome',
] as const;

/**
 * The native menu. Every item is a command of the window's palette by the same id, title and key, or a role of the system's. A key goes to
 * the page first; the menu hears those the page has no use for.
 */
export function menuTemplate(surroundings: MenuSurroundings): Item[] {
  const mac = surroundings.platform === 'darwin';
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    fileMenu(surroundings, mac),
    editMenu(surroundings, mac),
    viewMenu(surroundings),
    runMenu(surroundings),
    goMenu(surroundings),
    ...(mac ? [{ role: 'windowMenu' } as const] : []),
    { role: 'help', label: titles.menus.help, submenu: [command(surroundings, 'help.about', titles.about)] },
  ];
}

/** An item that has the window carry out a command; `accelerator` as Electron writes keys. */
function command({ send }: MenuSurroundings, id: string, label: string, accelerator?: string): Item {
  return { id, label, ...(accelerator !== undefined && { accelerator }), click: () => send(id) };
}

/** One whose key the editor listens to itself: shown, not registered. */
const editorCommand = (surroundings: MenuSurroundings, id: string, label: string, accelerator: string): Item => ({
  ...command(surroundings, id, label, accelerator),
  registerAccelerator: false,
});

function fileMenu(surroundings: MenuSurroundings, mac: boolean): Item {
  const of = command.bind(null, surroundings);
  return {
    label: titles.menus.file,
    submenu: [
      of('file.new', titles.newScript, 'CmdOrCtrl+N'),
      of('file.open', titles.open, 'CmdOrCtrl+O'),
      { label: text.menu.recent, submenu: recentItems(surroundings) },
      LINE,
      of('file.save', titles.save, 'CmdOrCtrl+S'),
      of('file.saveAs', titles.saveAs, 'CmdOrCtrl+Shift+S'),
      of('file.saveAll', titles.saveAll),
      LINE,
      of('file.close', titles.close, 'CmdOrCtrl+W'),
      ...(mac ? [] : [LINE, { role: 'quit', label: text.menu.quit } as const]),
    ],
  };
}

function recentItems({ recent, openFile }: MenuSurroundings): Item[] {
  if (recent.length === 0) return [{ label: text.menu.noRecent, enabled: false }];
  return recent.slice(0, MOST_RECENT).map(({ path }) => ({
    // A single & would underline the letter after it.
    label: path.replaceAll('&', '&&'),
    click: () => openFile(path),
  }));
}

function editMenu(surroundings: MenuSurroundings, mac: boolean): Item {
  const of = editorCommand.bind(null, surroundings);
  const undo: Item[] = mac
    ? [{ role: 'undo' }, { role: 'redo' }]
    : [of('edit.undo', titles.undo, 'Ctrl+Z'), of('edit.redo', titles.redo, 'Ctrl+Shift+Z')];
  return {
    label: titles.menus.edit,
    submenu: [
      ...undo,
      LINE,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      LINE,
      of('edit.find', titles.find, 'CmdOrCtrl+F'),
      of('edit.replace', titles.replace, mac ? 'Cmd+Alt+F' : 'Ctrl+H'),
      LINE,
      of('edit.comment', titles.comment, 'CmdOrCtrl+/'),
      of('edit.format', titles.format, 'Shift+Alt+F'),
    ],
  };
}

function viewMenu(surroundings: MenuSurroundings): Item {
  const of = command.bind(null, surroundings);
  return {
    label: titles.menus.view,
    submenu: [
      of('view.palette', titles.palette, 'CmdOrCtrl+Shift+P'),
      {
        label: text.menu.panes,
        submenu: PANES.map((id, index) =>
          of(`view.pane.${id}`, titles.showPane(panes[id]), index < 9 ? `Alt+${index + 1}` : undefined),
        ),
      },
      LINE,
      of('view.larger', titles.larger, 'Alt+='),
      of('view.smaller', titles.smaller, 'Alt+-'),
      of('view.maximize', titles.maximize, 'Alt+M'),
      of('view.resetLayout', titles.resetLayout),
      LINE,
      {
        label: text.menu.colours,
        submenu: [
          of('view.theme.system', titles.themeSystem),
          of('view.theme.light', titles.themeLight),
          of('view.theme.dark', titles.themeDark),
        ],
      },
      of('view.zoomIn', titles.zoomIn, 'CmdOrCtrl+='),
      of('view.zoomOut', titles.zoomOut, 'CmdOrCtrl+-'),
      of('view.zoomReset', titles.zoomReset, 'CmdOrCtrl+0'),
      LINE,
      { role: 'togglefullscreen' },
      ...(surroundings.packaged ? [] : [{ role: 'toggleDevTools', label: text.menu.developer } as const]),
    ],
  };
}

function runMenu(surroundings: MenuSurroundings): Item {
  const of = command.bind(null, surroundings);
  return {
    label: titles.menus.run,
    submenu: [
      of('run.start', titles.run, 'CmdOrCtrl+Enter'),
      of('run.cancel', titles.cancel, 'CmdOrCtrl+.'),
      LINE,
      of('run.export', titles.exportResult),
      of('run.import', titles.importResult),
      LINE,
      of('report.copyMail', titles.copyMail, 'CmdOrCtrl+Alt+C'),
      of('history.undo', titles.undoDelete),
      of('calibrate.open', titles.calibrate),
    ],
  };
}

function goMenu(surroundings: MenuSurroundings): Item {
  const of = command.bind(null, surroundings);
  return {
    label: titles.menus.go,
    submenu: [
      of('go.nextGroup', titles.nextGroup, 'F6'),
      of('go.previousGroup', titles.previousGroup, 'Shift+F6'),
      of('go.nextTab', titles.nextTab, 'Alt+PageDown'),
      of('go.previousTab', titles.previousTab, 'Alt+PageUp'),
      LINE,
      of('go.editor', titles.focusEditor, 'Alt+0'),
      editorCommand(surroundings, 'go.line', titles.goToLine, 'Ctrl+G'),
      of('go.problem', titles.nextProblem, 'F8'),
    ],
  };
}
