import { app, Menu } from 'electron';
import type { LabReply } from '../host/contract/lab.ts';
import type { LabService } from '../host/lab/lab.ts';
import type { SendCommand } from './commands.ts';
import type { OnAnswer } from './connect.ts';
import { menuTemplate } from './menu-template.ts';

/** Calls after which the list of recent files is another one. */
const CHANGE_RECENT: readonly string[] = ['files.open', 'files.save', 'files.saveAs'];

/** Sets the native menu, and again whenever a file was opened or saved: feed what is returned with the lab's answers. */
export function installMenu(
  lab: Pick<LabService, 'call'>,
  send: SendCommand,
  openFile: (path: string) => void,
): OnAnswer {
  let latest = 0;
  const set = async (): Promise<void> => {
    const mine = ++latest;
    const recent = await lab.call('files.recent', {}).catch(() => []);
    if (mine !== latest) return;
    const { platform } = process;
    const template = menuTemplate({ platform, packaged: app.isPackaged, recent, send, openFile });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  };
  void set();
  return (method, answer) => {
    if (!answer.ok || answer.reply === null || !CHANGE_RECENT.includes(method)) return;
    const { path } = answer.reply as LabReply<'files.save'>;
    app.addRecentDocument(path);
    void set();
  };
}
