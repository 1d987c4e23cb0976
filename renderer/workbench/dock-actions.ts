import type { DockviewApi, DockviewGroupPanel, IDockviewPanel } from 'dockview-react';
import { announce } from '../state/announcer.ts';
import type { Bench } from '../state/bench.ts';
import type { Dock } from '../state/view.ts';
import { en } from '../text/en.ts';
import { buildDefaultLayout, positionOf } from './default-layout.ts';
import { focusInside, followActive } from './dock-focus.ts';
import { paneTitle } from './pane-list.ts';

/** How much larger a group becomes at a time, in both directions that it can grow. */
const STEP = 1.15;

/** What commands may ask of the docked panes. */
export function dockOf(bench: Bench, api: DockviewApi): Dock {
  const focused = (): IDockviewPanel | undefined => api.activePanel ?? api.panels[0];
  const focus = (panel: IDockviewPanel | undefined): void => {
    if (panel === undefined) return;
    panel.api.setActive();
    focusInside(panel);
  };
  const groups = (): DockviewGroupPanel[] => api.groups.filter((group) => group.panels.length > 0).sort(byPlace);
  const neighbour = (direction: 1 | -1): DockviewGroupPanel | undefined => {
    const all = groups();
    const index = all.findIndex((group) => group.id === api.activeGroup?.id);
    return all[(index + direction + all.length) % all.length];
  };
  return {
    show(id) {
      if (api.getPanel(id) === undefined) {
        const title = paneTitle(id) ?? id;
        api.addPanel({ id, component: id, title, ...positionOf(api, id) });
      }
      focus(api.getPanel(id));
    },
    close(id) {
      const panel = api.getPanel(id);
      if (panel !== undefined) api.removePanel(panel);
    },
    isOpen: (id) => api.getPanel(id) !== undefined,
    cycle: (direction) => focus(neighbour(direction)?.activePanel),
    cycleTab(direction) {
      const group = api.activeGroup;
      if (group === undefined) return;
      const index = group.panels.findIndex((panel) => panel.id === group.activePanel?.id);
      focus(group.panels[(index + direction + group.panels.length) % group.panels.length]);
    },
    toggleMaximized() {
      if (api.hasMaximizedGroup()) api.exitMaximizedGroup();
      else focused()?.api.maximize();
    },
    resize(direction) {
      const group = api.activeGroup;
      if (group === undefined || api.hasMaximizedGroup()) return;
      const factor = direction === 1 ? STEP : 1 / STEP;
      group.api.setSize({ width: Math.round(group.width * factor), height: Math.round(group.height * factor) });
    },
    split(side) {
      const panel = focused();
      if (panel === undefined || panel.group.panels.length < 2) return;
      panel.api.moveTo({ group: panel.group, position: side === 'right' ? 'right' : 'bottom' });
      focus(panel);
    },
    moveToNextGroup() {
      const panel = focused();
      const group = neighbour(1);
      if (panel === undefined || group === undefined || group.id === panel.group.id) return;
      panel.api.moveTo({ group, position: 'center' });
      focus(panel);
    },
    reset() {
      buildDefaultLayout(api);
      followActive(bench, api);
      announce(bench.announcer, en.layout.reset);
    },
    save: () => api.toJSON(),
  };
}

/** Reading order of the screen: from the left, then from the top. */
function byPlace(a: DockviewGroupPanel, b: DockviewGroupPanel): number {
  const one = a.element.getBoundingClientRect();
  const other = b.element.getBoundingClientRect();
  return one.left - other.left || one.top - other.top;
}
