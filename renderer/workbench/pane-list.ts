import { en } from '../text/en.ts';

/** Where a pane stands in the default layout. */
export type Place = 'left' | 'right' | 'below' | 'centre';

/** Every pane besides the editors, in the order of the View menu. */
export const PANES = [
  { id: 'gallery', title: en.panes.gallery, place: 'left' },
  { id: 'files', title: en.panes.files, place: 'left' },
  { id: 'configure', title: en.panes.configure, place: 'right' },
  { id: 'results', title: en.panes.results, place: 'below' },
  { id: 'compare', title: en.panes.compare, place: 'below' },
  { id: 'inspect', title: en.panes.inspect, place: 'below' },
  { id: 'timeline', title: en.panes.timeline, place: 'below' },
  { id: 'divergences', title: en.panes.divergences, place: 'below' },
  { id: 'report', title: en.panes.report, place: 'below' },
  { id: 'history', title: en.panes.history, place: 'below' },
  { id: 'problems', title: en.panes.problems, place: 'below' },
  { id: 'question', title: en.panes.question, place: 'left' },
  { id: 'welcome', title: en.panes.welcome, place: 'centre' },
] as const satisfies readonly { readonly id: string; readonly title: string; readonly place: Place }[];

export type PaneId = (typeof PANES)[number]['id'];

/** The title of a pane; null for what is none. */
export const paneTitle = (id: string): string | null => PANES.find((pane) => pane.id === id)?.title ?? null;
