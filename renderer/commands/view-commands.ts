import type { Bench } from '../state/bench.ts';
import { nextZoom, type Settings } from '../state/settings.ts';
import { en } from '../text/en.ts';
import { PANES } from '../workbench/pane-list.ts';
import type { Command } from './command.ts';

const { commands: text } = en;

/** Panes, layout, colours, zoom. */
export function viewCommands(bench: Bench): Command[] {
  const { settings, view } = bench;
  const dock = () => view.getState().dock;
  const theme = (value: Settings['theme'], title: string): Command => ({
    id: `view.theme.${value}`,
    title,
    menu: 'view',
    group: 3,
    checked: () => settings.getState().theme === value,
    oneOf: true,
    run: () => settings.setState({ theme: value }),
  });
  const zoomBy = (direction: 1 | -1) => (): void =>
    settings.setState(({ zoom }) => ({ zoom: nextZoom(zoom, direction) }));
  return [
    {
      id: 'view.palette',
      title: text.palette,
      menu: 'view',
      group: 0,
      shortcuts: ['Mod+Shift+P', 'F1'],
      run: () => view.setState({ paletteOpen: true }),
    },
    {
      id: 'view.messages',
      title: text.messages,
      menu: 'view',
      group: 0,
      run: () => view.setState({ messagesOpen: true }),
    },
    ...PANES.map(({ id, title }, index): Command => ({
      id: `view.pane.${id}`,
      title: text.showPane(title),
      menu: 'view',
      group: 1,
      ...(index < 9 && { shortcuts: [`Alt+${index + 1}`] }),
      run: () => dock()?.show(id),
    })),
    { id: 'view.splitRight', title: text.splitRight, menu: 'view', group: 2, run: () => dock()?.split('right') },
    { id: 'view.splitBelow', title: text.splitBelow, menu: 'view', group: 2, run: () => dock()?.split('below') },
    { id: 'view.moveToNext', title: text.moveToNext, menu: 'view', group: 2, run: () => dock()?.moveToNextGroup() },
    {
      id: 'view.larger',
      title: text.larger,
      menu: 'view',
      group: 2,
      shortcuts: ['Alt+='],
      run: () => dock()?.resize(1),
    },
    {
      id: 'view.smaller',
      title: text.smaller,
      menu: 'view',
      group: 2,
      shortcuts: ['Alt+-'],
      run: () => dock()?.resize(-1),
    },
    {
      id: 'view.maximize',
      title: text.maximize,
      menu: 'view',
      group: 2,
      shortcuts: ['Alt+M'],
      run: () => dock()?.toggleMaximized(),
    },
    { id: 'view.resetLayout', title: text.resetLayout, menu: 'view', group: 2, run: () => dock()?.reset() },
    theme('system', text.themeSystem),
    theme('light', text.themeLight),
    theme('dark', text.themeDark),
    {
      id: 'view.motion',
      title: text.motion,
      menu: 'view',
      group: 4,
      checked: () => settings.getState().motion === 'reduced',
      run: () => settings.setState(({ motion }) => ({ motion: motion === 'reduced' ? 'system' : 'reduced' })),
    },
    {
      id: 'view.zoomIn',
      title: text.zoomIn,
      menu: 'view',
      group: 5,
      shortcuts: ['Mod+=', 'Mod+Shift++', 'Mod++'],
      run: zoomBy(1),
    },
    { id: 'view.zoomOut', title: text.zoomOut, menu: 'view', group: 5, shortcuts: ['Mod+-'], run: zoomBy(-1) },
    {
      id: 'view.zoomReset',
      title: text.zoomReset,
      menu: 'view',
      group: 5,
      shortcuts: ['Mod+0'],
      run: () => settings.setState({ zoom: 1 }),
    },
  ];
}
