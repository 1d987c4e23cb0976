import type { Bench } from '../state/bench.ts';
import { activeDocument } from '../state/documents.ts';
import { matrixOf, setMatrix } from '../state/matrices.ts';
import { rowsOf } from '../state/matrix.ts';
import { withAllEnabled } from '../state/matrix-changes.ts';
import { isOffered, takeOffer, type OfferId } from '../state/offers.ts';
import { resultPaneActions, shownPair } from '../state/result-pane-actions.ts';
import { shownRun } from '../state/runs.ts';
import { en } from '../text/en.ts';
import type { Command, MenuName } from './command.ts';

const { commands: text } = en;

/** What the panes' own buttons do, for the palette: tables, configurations, the compared pair, the access, the timeline. */
export function paneCommands(bench: Bench): Command[] {
  const offered = (id: OfferId, title: string, menu: MenuName, group: number): Command => ({
    id,
    title,
    menu,
    group,
    enabled: () => isOffered(id),
    run: () => takeOffer(id),
  });
  const document = (): string | null => activeDocument(bench.documents.getState())?.id ?? null;
  const enable = (enabled: boolean) => (): void => {
    const id = document();
    if (id === null) return;
    const matrix = matrixOf(bench.matrices.getState(), id);
    setMatrix(bench.matrices, id, withAllEnabled(matrix, rowsOf(matrix).rows, enabled));
  };
  const pair = () => shownPair(shownRun(bench.runs.getState()), bench.matrices.getState().pairs);
  return [
    offered('table.copyTsv', text.copyTsv, 'edit', 4),
    offered('table.copyMarkdown', text.copyMarkdown, 'edit', 4),
    offered('timeline.zoomIn', text.timelineZoomIn, 'view', 6),
    offered('timeline.zoomOut', text.timelineZoomOut, 'view', 6),
    offered('timeline.all', text.timelineAll, 'view', 6),
    {
      id: 'configurations.enableAll',
      title: text.enableAll,
      menu: 'run',
      group: 2,
      enabled: () => document() !== null,
      run: enable(true),
    },
    {
      id: 'configurations.disableAll',
      title: text.disableAll,
      menu: 'run',
      group: 2,
      enabled: () => document() !== null,
      run: enable(false),
    },
    offered('configurations.duplicate', text.duplicate, 'run', 2),
    offered('configurations.rename', text.rename, 'run', 2),
    {
      id: 'compare.swap',
      title: text.swap,
      menu: 'run',
      group: 3,
      enabled: () => pair().b !== null,
      run: () => {
        const { a, b } = pair();
        resultPaneActions(bench).choosePair({ a: b, b: a });
      },
    },
    offered('inspect.nextStep', text.nextStep, 'go', 2),
    offered('inspect.previousStep', text.previousStep, 'go', 2),
    offered('inspect.nextAccess', text.nextAccess, 'go', 2),
    offered('inspect.previousAccess', text.previousAccess, 'go', 2),
  ];
}
