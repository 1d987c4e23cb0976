import { lazy, type ComponentType } from 'react';
import { ConfigurePane } from '../configure/configure-pane.tsx';
import { FilesPane } from '../gallery/files-pane.tsx';
import { GalleryPane } from '../gallery/gallery-pane.tsx';
import { ProblemsPane } from '../gallery/problems-pane.tsx';
import { QuestionPane } from '../gallery/question-pane.tsx';
import { HistoryPane } from '../history/history-pane.tsx';
import { ReportPane } from '../report/report-pane.tsx';
import type { ResultPaneId, ResultPaneProps } from '../state/result-pane.ts';
import type { PaneId } from './pane-list.ts';
import { WelcomePane } from './welcome-pane.tsx';

/** Panes of results, fetched when the first of them is drawn. */
export const RESULT_PANES: Readonly<Record<ResultPaneId, ComponentType<ResultPaneProps>>> = {
  results: lazy(async () => ({ default: (await import('../results/results-pane.tsx')).ResultsPane })),
  compare: lazy(async () => ({ default: (await import('../compare/compare-pane.tsx')).ComparePane })),
  inspect: lazy(async () => ({ default: (await import('../inspect/inspect-pane.tsx')).InspectPane })),
  timeline: lazy(async () => ({ default: (await import('../timeline/timeline-pane.tsx')).TimelinePane })),
  divergences: lazy(async () => ({ default: (await import('../results/divergences-pane.tsx')).DivergencesPane })),
};

/** The other panes. */
export const PLAIN_PANES: Readonly<Record<Exclude<PaneId, ResultPaneId>, ComponentType>> = {
  gallery: GalleryPane,
  files: FilesPane,
  configure: ConfigurePane,
  report: ReportPane,
  history: HistoryPane,
  problems: ProblemsPane,
  question: QuestionPane,
  welcome: WelcomePane,
};
