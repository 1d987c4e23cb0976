import { app } from 'electron';
import type { CloseGuard } from './close-guard.ts';

/** Milliseconds that writing and ending threads may take. */
const PATIENCE = 5000;

/** Ends the app with its window; `settle` ends threads and writes what is to be kept, and is waited for. */
export function quitInGoodOrder(guard: CloseGuard, settle: () => Promise<unknown>): void {
  let settled = false;
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    if (settled) return;
    event.preventDefault();
    void Promise.race([settle(), new Promise((resolve) => setTimeout(resolve, PATIENCE))])
      .catch(() => {})
      .then(() => {
        settled = true;
        app.quit();
      });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      guard.release();
      app.quit();
    });
  }
}
