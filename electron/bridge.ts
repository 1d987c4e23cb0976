import type { IpcRenderer } from 'electron';
import { CHANNELS } from './channels.ts';

/**
 * What the window gets as `window.exitlab`: two functions and nothing of Electron. Messages pass as they are; the window checks what it
 * receives and the main process what it is sent.
 */
export function makeBridge(ipc: Pick<IpcRenderer, 'invoke' | 'on' | 'off'>) {
  return {
    call: (message: unknown): Promise<unknown> => ipc.invoke(CHANNELS.call, message),
    listen: (hear: (event: unknown) => void): (() => void) => {
      const onEvent = (_: unknown, event: unknown): void => hear(event);
      ipc.on(CHANNELS.event, onEvent);
      return () => void ipc.off(CHANNELS.event, onEvent);
    },
  };
}
