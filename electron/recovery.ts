import { app, dialog, type BrowserWindow } from 'electron';
import { text } from './text.ts';

/** So many ends within so many milliseconds are not recovered without asking. */
const TOO_MANY = 3;
const SPAN = 60_000;

/** Starts the page again when its process ends, and offers to when it hangs. */
export function recoverFromCrashes(window: BrowserWindow, now: () => number = Date.now): void {
  const contents = window.webContents;
  let ends: number[] = [];
  let hung: AbortController | null = null;

  contents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    hung?.abort();
    ends = [...ends.filter((at) => now() - at < SPAN), now()];
    if (ends.length >= TOO_MANY) void askAgain(reason);
    else {
      contents.reload();
      const { message, detail } = text.crashed;
      void dialog.showMessageBox(window, { type: 'info', message, detail: detail(reason) });
    }
  });

  window.on('unresponsive', () => void askHung());
  window.on('responsive', () => hung?.abort());

  async function askAgain(reason: string): Promise<void> {
    const { again, againDetail, reload, quit } = text.crashed;
    const { response } = await dialog.showMessageBox(window, {
      type: 'error',
      buttons: [reload, quit],
      defaultId: 0,
      cancelId: 1,
      message: again,
      detail: againDetail(reason),
    });
    if (response === 0) {
      ends = [];
      contents.reload();
    } else app.quit();
  }

  async function askHung(): Promise<void> {
    if (hung !== null) return;
    hung = new AbortController();
    const { message, detail, wait, reload } = text.hung;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      buttons: [wait, reload],
      defaultId: 0,
      cancelId: 0,
      message,
      detail,
      signal: hung.signal,
    });
    hung = null;
    // Its end is noticed above, which starts it again.
    if (response === 1) contents.forcefullyCrashRenderer();
  }
}
