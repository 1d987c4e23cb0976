import { app, type BrowserWindow } from 'electron';

/** True for the first process; a later one hands its arguments to it and must end. */
export const isFirstInstance = (): boolean => app.requestSingleInstanceLock();

/** Brings the window to the front when the app is started again. */
export function showOnSecondStart(window: BrowserWindow): void {
  const show = (): void => {
    if (window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  };
  app.on('second-instance', show);
  app.on('activate', show);
}
