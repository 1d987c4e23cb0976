import type { LabService } from '../host/lab/lab.ts';

/** Has the window carry out one of its palette's commands. */
export type SendCommand = (command: string, argument?: string) => void;

export const commandsTo =
  (lab: Pick<LabService, 'tell'>): SendCommand =>
  (command, argument) =>
    lab.tell({ name: 'shell.command', data: { command, argument: argument ?? null } });
