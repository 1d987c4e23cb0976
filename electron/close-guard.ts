import { dialog, type BrowserWindow } from 'electron';
import type { SendCommand } from './commands.ts';
import { text } from './text.ts';
import type { WindowReport } from './window-report.ts';

const SAVE = 0;
const LEAVE = 1;
const STAY = 2;
/** Names shown; more are counted. */
const MOST_NAMES = 10;

/** Asks before a close that would leave texts unsaved. */
export class CloseGuard {
  private readonly window: BrowserWindow;
  private readonly report: WindowReport;
  private readonly send: SendCommand;
  private asking = false;
  private saving = false;
  private open = false;

  constructor(window: BrowserWindow, report: WindowReport, send: SendCommand) {
    this.window = window;
    this.report = report;
    this.send = send;
    window.on('close', (event) => {
      if (this.open || report.unsaved.length === 0) return;
      event.preventDefault();
      void this.ask();
    });
    // The question is asked here; a page that wants to ask as well would only keep the window from closing, silently.
    window.webContents.on('will-prevent-unload', (event) => event.preventDefault());
    window.on('query-session-end', () => this.release());
    report.hear(({ unsaved }) => {
      if (this.saving && unsaved.length === 0) this.leave();
    });
  }

  /** Saving did not come to an end, so the window stays. */
  abandon(): void {
    this.saving = false;
  }

  /** Nobody is there to be asked: the session ends, or the process was told to. Drafts keep the texts. */
  release(): void {
    this.open = true;
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.saving = false;
    const names = this.report.unsaved;
    const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), '…'] : names;
    try {
      const { response } = await dialog.showMessageBox(this.window, {
        type: 'warning',
        buttons: [text.unsaved.save, text.unsaved.leave, text.unsaved.stay],
        defaultId: SAVE,
        cancelId: STAY,
        noLink: true,
        message: text.unsaved.message(names.length),
        detail: text.unsaved.detail(shown),
      });
      if (response === LEAVE) this.leave();
      else if (response === SAVE) {
        this.saving = true;
        this.send('file.saveAll');
      }
    } finally {
      this.asking = false;
    }
  }

  private leave(): void {
    this.open = true;
    if (!this.window.isDestroyed()) this.window.close();
  }
}
