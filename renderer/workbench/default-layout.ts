import type { DockviewApi } from 'dockview-react';
import { PANES, paneTitle } from './pane-list.ts';

/** Sizes of the default layout, in CSS pixels at 100 %. */
const LEFT = 250;
const RIGHT = 380;
const BELOW = 320;

/** Builds the layout of a first start: gallery left, editors in the centre, configurations right, results below. */
export function buildDefaultLayout(api: DockviewApi): void {
  api.clear();
  const add = (id: string, options: Partial<Parameters<DockviewApi['addPanel']>[0]>): void => {
    api.addPanel({ id, component: id, title: paneTitle(id) ?? id, ...options } as Parameters<
      DockviewApi['addPanel']
    >[0]);
  };
  add('welcome', {});
  add('configure', { position: { direction: 'right' }, initialWidth: RIGHT });
  add('gallery', { position: { direction: 'left' }, initialWidth: LEFT });
  for (const id of ['files', 'question']) {
    add(id, { position: { referencePanel: 'gallery', direction: 'within' }, inactive: true });
  }
  add('results', { position: { referencePanel: 'welcome', direction: 'below' }, initialHeight: BELOW });
  for (const id of ['compare', 'inspect', 'timeline', 'divergences', 'problems']) {
    add(id, { position: { referencePanel: 'results', direction: 'within' }, inactive: true });
  }
  // Sizes once everything is there: each group that is added takes from its neighbours.
  api.getPanel('gallery')?.api.setSize({ width: LEFT });
  api.getPanel('configure')?.api.setSize({ width: RIGHT });
  api.getPanel('results')?.api.setSize({ height: BELOW });
  api.getPanel('welcome')?.api.setActive();
}

/** Options for a pane that is opened again: beside the panes that share its place, else where the place would be. */
export function positionOf(api: DockviewApi, id: string): object {
  const place = placeOf(id);
  const mates = api.panels.filter((panel) => panel.id !== id && placeOf(panel.id) === place);
  const mate = mates.find((panel) => panel.api.isVisible) ?? mates[0];
  if (mate !== undefined) return { position: { referencePanel: mate.id, direction: 'within' } };
  if (place === 'left') return { position: { direction: 'left' }, initialWidth: LEFT };
  if (place === 'right') return { position: { direction: 'right' }, initialWidth: RIGHT };
  if (place === 'below') return { position: { direction: 'below' }, initialHeight: BELOW };
  const below = api.panels.find((panel) => placeOf(panel.id) === 'below');
  if (below !== undefined) return { position: { referencePanel: below.id, direction: 'above' } };
  const left = api.panels.find((panel) => placeOf(panel.id) === 'left');
  return left === undefined ? {} : { position: { referencePanel: left.id, direction: 'right' } };
}

const placeOf = (id: string): string =>
  id.startsWith('editor:') ? 'centre' : (PANES.find((pane) => pane.id === id)?.place ?? '');
