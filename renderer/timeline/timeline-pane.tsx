import type { ResultPaneProps } from '../state/result-pane.ts';
import { en } from '../text/en.ts';

/** Not drawn yet: says so. */
export function TimelinePane({ run }: ResultPaneProps) {
  return <p className="pane-note">{en.panes.notDrawn(run.entries.filter(({ outcome }) => outcome !== null).length)}</p>;
}
