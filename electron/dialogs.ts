import { dialog, type BrowserWindow, type FileFilter } from 'electron';
import type { Dialogs } from '../host/lab/files.ts';
import type { GrantFile } from './grant-file.ts';
import { text } from './text.ts';

const SCRIPTS: FileFilter = { name: text.scripts, extensions: ['ts', 'js'] };
const RESULTS: FileFilter = { name: text.results, extensions: ['json'] };
const ALL: FileFilter = { name: text.allFiles, extensions: ['*'] };

/**
 * The system's file dialogs, before the window. What the user chooses is granted to it; `onDeclined` is called when the user chose no file
 * to save to.
 */
export function fileDialogs(window: BrowserWindow, grant: GrantFile, onDeclined: () => void): Dialogs {
  const granted = async (path: string): Promise<string> => {
    await grant(path);
    return path;
  };
  return {
    async open() {
      const { canceled, filePaths } = await dialog.showOpenDialog(window, {
        properties: ['openFile'],
        filters: [{ name: text.readable, extensions: ['ts', 'js', 'json'] }, SCRIPTS, RESULTS, ALL],
      });
      const [path] = filePaths;
      return canceled || path === undefined ? null : granted(path);
    },
    async saveAs(suggested) {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        defaultPath: suggested,
        filters: [filterOf(suggested), ALL],
        properties: ['showOverwriteConfirmation', 'createDirectory'],
      });
      if (!canceled && filePath !== '') return granted(filePath);
      onDeclined();
      return null;
    },
  };
}

function filterOf(name: string): FileFilter {
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? 'ts';
  if (extension === 'json') return RESULTS;
  return SCRIPTS.extensions.includes(extension) ? SCRIPTS : { name: extension.toUpperCase(), extensions: [extension] };
}
