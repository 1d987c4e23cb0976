import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { labFailed, type Answer, type LabMethod } from '../host/contract/lab.ts';
import type { LabService } from '../host/lab/lab.ts';
import { CHANNELS } from './channels.ts';
import { isOwn, ORIGIN } from './origin.ts';

/** Told of every call by its method and whether it came to something. Only of calls that keep the contract. */
export type OnAnswer = (method: LabMethod, answer: Answer) => void;

/** Lets the window call the lab and hear its events. Who else sends something is refused, whatever it says. */
export function connectWindow(
  window: BrowserWindow,
  lab: Pick<LabService, 'handle' | 'listen'>,
  onAnswer: OnAnswer,
): void {
  ipcMain.handle(CHANNELS.call, async (event, message: unknown): Promise<Answer> => {
    if (!isTrusted(event, window)) return { ok: false, failure: labFailed('refused', 'this page may not ask the lab') };
    const answer = await lab.handle(message);
    if (answer.ok || answer.failure.code !== 'bad-message') onAnswer((message as { method: LabMethod }).method, answer);
    return answer;
  });
  const stop = lab.listen((event) => {
    if (!window.isDestroyed() && !window.webContents.isCrashed()) window.webContents.send(CHANNELS.event, event);
  });
  window.on('closed', () => {
    stop();
    ipcMain.removeHandler(CHANNELS.call);
  });
}

/** True for the top frame of the app's own window, while it shows the app's own page. */
export function isTrusted(event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>, window: BrowserWindow): boolean {
  const { sender, senderFrame: frame } = event;
  if (frame === null || window.isDestroyed() || sender.id !== window.webContents.id) return false;
  const top = window.webContents.mainFrame;
  return (
    frame.parent === null &&
    frame.frameTreeNodeId === top.frameTreeNodeId &&
    frame.origin === ORIGIN &&
    isOwn(frame.url)
  );
}
