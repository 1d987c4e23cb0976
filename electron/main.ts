import { app, dialog, session } from 'electron';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataFolder } from '../host/lab/data-folder.ts';
import { GrantedPlaces } from '../host/lab/granted-places.ts';
import { createLab } from '../host/lab/lab.ts';
import { CloseGuard } from './close-guard.ts';
import { commandsTo } from './commands.ts';
import { connectWindow } from './connect.ts';
import { fileDialogs } from './dialogs.ts';
import { PRELOAD, SCENARIOS, WINDOW } from './folders.ts';
import { collectGivenFiles, openGivenFiles } from './given-files.ts';
import { openGranted } from './grant-file.ts';
import { lockDownPages, lockDownSession } from './lock-down.ts';
import { installMenu } from './menu.ts';
import { START } from './origin.ts';
import { printReport } from './print-report.ts';
import { registerScheme, serveWindow } from './protocol.ts';
import { quitInGoodOrder } from './quit.ts';
import { recoverFromCrashes } from './recovery.ts';
import { isFirstInstance, showOnSecondStart } from './single-instance.ts';
import { text } from './text.ts';
import { createWindow } from './window.ts';
import { WindowReport } from './window-report.ts';
import { keepWindowState, readWindowState } from './window-state.ts';

const data = dataFolder();
keepProfileIn(join(data, 'electron'));
registerScheme();
lockDownPages();
collectGivenFiles();
if (isFirstInstance()) void app.whenReady().then(open).catch(giveUp);
else app.quit();

/** The app, once Electron is ready. Not awaited at the top level: Electron is ready only after this module was evaluated. */
async function open(): Promise<void> {
  lockDownSession(session.defaultSession);
  await serveWindow(WINDOW);
  const statePath = join(data, 'window.json');
  const window = createWindow(await readWindowState(statePath), PRELOAD);
  const stateWritten = keepWindowState(window, statePath);
  const report = new WindowReport();
  const places = new GrantedPlaces(join(data, 'granted.json'));
  const grant = places.grant.bind(places);
  const lab = createLab({
    host: 'electron',
    version: app.getVersion(),
    dataFolder: data,
    places,
    dialogs: fileDialogs(window, grant, () => guard.abandon()),
    onWindow: (said) => report.put(said),
    print: printReport,
    scenarios: SCENARIOS,
  });
  const send = commandsTo(lab);
  const guard = new CloseGuard(window, report, send);
  const openFile = openGranted(grant, send);
  const refreshMenu = installMenu(lab, send, openFile);
  connectWindow(window, lab, (method, answer) => {
    if (!answer.ok && method.startsWith('files.save')) guard.abandon();
    refreshMenu(method, answer);
  });
  recoverFromCrashes(window);
  showOnSecondStart(window);
  quitInGoodOrder(guard, () => Promise.all([lab.close(), stateWritten()]));
  void openGivenFiles(report, openFile);
  await window.loadURL(START);
}

/** Where Chromium keeps its own files, and what makes a second start one: with the lab's, so that EXITLAB_DATA moves all of it. */
function keepProfileIn(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  app.setPath('userData', folder);
}

function giveUp(error: unknown): void {
  dialog.showErrorBox(text.noStart, error instanceof Error ? error.message : String(error));
  app.exit(1);
}
