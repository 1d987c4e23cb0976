import { app, BrowserWindow, nativeTheme } from 'electron';
import { DEFAULT_SIZE, SMALLEST, type WindowState } from './window-state.ts';

/** Makes the window, unseen until its first picture is there. The page has no Node, no other world than its own, and the OS's sandbox. */
export function createWindow(state: WindowState, preload: string): BrowserWindow {
  const window = new BrowserWindow({
    ...DEFAULT_SIZE,
    ...state.bounds,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: 'Exitlab',
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1e1e1e' : '#ffffff',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      // Its dictionaries would come from the network.
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  window.once('ready-to-show', () => {
    if (state.maximized) window.maximize();
    window.show();
  });
  return window;
}
