import type { DockviewApi } from 'dockview-react';
import { PANES, paneTitle } from './pane-list.ts';

/** Sizes of the default layout in CSS pixels: width of the left and of the right side, height of what lies below the editors. */
export interface Sizes {
  readonly left: number;
  readonly right: number;
  readonly below: number;
}

/** Shares of the dock; below them, a side's bounds in rem: what its tabs and fields need, and what it can use. */
const SHARE = { left: 0.18, right: 0.24, below: 0.45 };
const BOUNDS = { left: [18.5, 30], right: [20, 36], below: [14, 60] } as const;

/** Sizes for a dock of so many pixels; `rem`: pixels of one rem, larger when zoomed in. */
export function defaultSizes(width: number, height: number, rem: number): Sizes {
  const size = (side: keyof Sizes, all: number): number => {
    const [least, most] = BOUNDS[side];
    return Math.round(Math.min(most * rem, Math.max(least * rem, SHARE[side] * all)));
  };
  return { left: size('left', width), right: size('right', width), below: size('below', height) };
}

/** Sizes for a dock as it stands. */
function sizesOf({ width, height }: DockviewApi): Sizes {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return defaultSizes(width || innerWidth, height || innerHeight, rem);
}

/** Builds the layout of a first start: gallery left, editors in the centre, configurations right, results below. */
export function buildDefaultLayout(api: DockviewApi): void {
  api.clear();
  const { left, right, below } = sizesOf(api);
  const add = (id: string, options: Partial<Parameters<DockviewApi['addPanel']>[0]>): void => {
    api.addPanel({ id, component: id, title: paneTitle(id) ?? id, ...options } as Parameters<
      DockviewApi['addPanel']
    >[0]);
  };
  add('welcome', {});
  add('configure', { position: { direction: 'right' }, initialWidth: right });
  add('gallery', { position: { direction: 'left' }, initialWidth: left });
  for (const id of ['files', 'question']) {
    add(id, { position: { referencePanel: 'gallery', direction: 'within' }, inactive: true });
  }
  add('results', { position: { referencePanel: 'welcome', direction: 'below' }, initialHeight: below });
  for (const id of ['compare', 'inspect', 'timeline', 'divergences', 'report', 'history', 'problems']) {
    add(id, { position: { referencePanel: 'results', direction: 'within' }, inactive: true });
  }
  // Sizes once everything is there: each group that is added takes from its neighbours.
  api.getPanel('gallery')?.api.setSize({ width: left });
  api.getPanel('configure')?.api.setSize({ width: right });
  api.getPanel('results')?.api.setSize({ height: below });
  api.getPanel('welcome')?.api.setActive();
}

/** Options for a pane that is opened again: beside the panes that share its place, else where the place would be. */
export function positionOf(api: DockviewApi, id: string): object {
  const place = placeOf(id);
  const mates = api.panels.filter((panel) => panel.id !== id && placeOf(panel.id) === place);
  const mate = mates.find((panel) => panel.api.isVisible) ?? mates[0];
  if (mate !== undefined) return { position: { referencePanel: mate.id, direction: 'within' } };
  const { left, right, below } = sizesOf(api);
  if (place === 'left') return { position: { direction: 'left' }, initialWidth: left };
  if (place === 'right') return { position: { direction: 'right' }, initialWidth: right };
  if (place === 'below') return { position: { direction: 'below' }, initialHeight: below };
  const lower = api.panels.find((panel) => placeOf(panel.id) === 'below');
  if (lower !== undefined) return { position: { referencePanel: lower.id, direction: 'above' } };
  const side = api.panels.find((panel) => placeOf(panel.id) === 'left');
  return side === undefined ? {} : { position: { referencePanel: side.id, direction: 'right' } };
}

const placeOf = (id: string): string =>
  id.startsWith('editor:') ? 'centre' : (PANES.find((pane) => pane.id === id)?.place ?? '');
