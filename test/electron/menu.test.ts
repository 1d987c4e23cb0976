import type { MenuItemConstructorOptions } from 'electron';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { menuTemplate } from '../../electron/menu-template.ts';
import { PANES } from '../../renderer/workbench/pane-list.ts';

type Item = MenuItemConstructorOptions;

const flat = (items: readonly Item[]): Item[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);

function menu(platform: NodeJS.Platform, packaged = true) {
  const sent: (string | undefined)[][] = [];
  const opened: string[] = [];
  const recent = [{ name: 'a&b.ts', path: '/x/a&b.ts' }];
  const send = (...args: (string | undefined)[]): void => void sent.push(args);
  const openFile = (path: string): void => void opened.push(path);
  return { items: flat(menuTemplate({ platform, packaged, recent, send, openFile })), sent, opened };
}

const click = (item: Item | undefined): void => item?.click?.({} as never, undefined, {} as never);

/** Every command of the window with its keys, read from the sources: running them needs a page. */
function windowCommands(): Map<string, readonly string[]> {
  const folder = new URL('../../renderer/commands/', import.meta.url);
  const found = new Map<string, readonly string[]>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('-commands.ts'))) {
    const source = readFileSync(new URL(name, folder), 'utf8');
    for (const [, id, rest] of source.matchAll(/id: '([\w.]+)',([^]*?)run:/g))
      found.set(
        id!,
        [...(/shortcuts: \[([^\]]*)\]/.exec(rest!)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(([, key]) => key!),
      );
    for (const [, id] of source.matchAll(/command\('(\w+)'/g)) found.set(`edit.${id}`, []);
    for (const [, theme] of source.matchAll(/theme\('(\w+)'/g)) found.set(`view.theme.${theme}`, []);
  }
  PANES.forEach(({ id }, index) => found.set(`view.pane.${id}`, index < 9 ? [`Alt+${index + 1}`] : []));
  return found;
}

describe.each(['linux', 'win32', 'darwin'] as const)('the menu on %s', (platform) => {
  const { items, sent, opened } = menu(platform);
  const commands = windowCommands();

  it('has commands of the window only, each once', () => {
    const ids = items.flatMap(({ id }) => id ?? []);
    expect(ids.filter((id) => !commands.has(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has what the shell promises', () => {
    const wanted = ['file.open', 'file.save', 'file.saveAs', 'run.start', 'run.cancel', 'view.palette'];
    wanted.push('view.zoomIn', 'view.zoomOut', 'view.zoomReset', 'view.theme.dark', 'view.theme.light');
    expect(wanted.filter((id) => !items.some((item) => item.id === id))).toEqual([]);
  });

  it('shows the keys that the window listens to', () => {
    for (const { id, accelerator, registerAccelerator } of items) {
      if (id === undefined || accelerator === undefined || registerAccelerator === false) continue;
      expect(commands.get(id), id).toContain((accelerator as string).replace('CmdOrCtrl', 'Mod'));
    }
  });

  it('gives no key twice', () => {
    const keys = items.flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('sends a command when it is chosen', () => {
    click(items.find(({ id }) => id === 'run.start'));
    click(items.find(({ label }) => label === '/x/a&&b.ts'));
    expect(sent).toEqual([['run.start']]);
    expect(opened).toEqual(['/x/a&b.ts']);
  });

  it('offers the developer tools, a reload or the page’s zoom to nobody', () => {
    const roles = items.flatMap(({ role }) => role ?? []);
    for (const role of ['toggleDevTools', 'reload', 'forceReload', 'zoomIn', 'zoomOut'])
      expect(roles).not.toContain(role);
  });
});

it('a checkout has the developer tools', () => {
  expect(menu('linux', false).items.some(({ role }) => role === 'toggleDevTools')).toBe(true);
});
