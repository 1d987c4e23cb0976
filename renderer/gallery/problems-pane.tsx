import { ListBox, ListBoxItem } from 'react-aria-components';
import { useBench } from '../state/bench-context.ts';
import { useProblems } from '../state/use-problems.ts';
import { requestPlace } from '../state/view.ts';
import { en } from '../text/en.ts';

/** What is wrong with the active script and what its last run met, as a list; Enter goes to the place. */
export function ProblemsPane() {
  const bench = useBench();
  const { document, problems, changed } = useProblems();
  const rows = problems.map((problem, index) => ({ ...problem, id: index }));
  return (
    <>
      {changed && <p className="pane-note">{en.problems.changed}</p>}
      <ListBox
        className="problems"
        aria-label={en.problems.label}
        items={rows}
        selectionMode="none"
        onAction={(key) => {
          const problem = rows[Number(key)];
          if (problem !== undefined && document !== null) {
            requestPlace(bench.view, document.id, problem.line, problem.column);
          }
        }}
        renderEmptyState={() => <p className="pane-note">{en.problems.none}</p>}
      >
        {({ line, column, severity, message }) => (
          <ListBoxItem className="problem" textValue={message}>
            <span className={`severity ${severity}`}>{en.problems[severity]}</span>
            <span className="problem-text">{message}</span>
            <span className="muted">{en.problems.place(document?.name ?? '', line, column)}</span>
          </ListBoxItem>
        )}
      </ListBox>
    </>
  );
}
