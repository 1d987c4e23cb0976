import type { Shortcut } from './shortcut.ts';

/** The menus of the menu bar, in its order; every command stands in one. */
export const MENUS = ['file', 'edit', 'view', 'run', 'go', 'help'] as const;

export type MenuName = (typeof MENUS)[number];

/** Something a user can do: by menu, palette, key or button. */
export interface Command {
  /** Unique, e.g. `run.start`; the native menu and the key list go by it. */
  readonly id: string;
  readonly title: string;
  readonly menu: MenuName;
  /** Commands of one group stand together in the menu; a line separates groups. */
  readonly group: number;
  /** The first is shown; all work. */
  readonly shortcuts?: readonly Shortcut[];
  /** A key that the editor itself listens to while it has the focus; shown, not listened to. */
  readonly editorKey?: Shortcut;
  /** For a command that is on or off. */
  readonly checked?: () => boolean;
  /** True for a command of a group of which one is on at a time; all of its group are. */
  readonly oneOf?: boolean;
  /** Default: always. */
  readonly enabled?: () => boolean;
  readonly run: () => void | Promise<void>;
}

export const isEnabled = (command: Command): boolean => command.enabled?.() ?? true;

/** Carries out a command unless it has nothing to do now. */
export function execute(commands: readonly Command[], id: string): boolean {
  const command = commands.find((candidate) => candidate.id === id);
  if (command === undefined || !isEnabled(command)) return false;
  void command.run();
  return true;
}

/** The key to show beside a command. */
export const keyOf = (command: Command): Shortcut | undefined => command.shortcuts?.[0] ?? command.editorKey;
