import { ListBox, ListBoxItem } from 'react-aria-components';
import { useBench } from '../state/bench-context.ts';
import { useOutput } from '../state/use-output.ts';
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
      <Output />
    </>
  );
}

/** Lines drawn; more are counted. */
const MOST_LINES = 1000;

/** What the script said with console.log in its last run. */
function Output() {
  const lines = useOutput();
  if (lines.length === 0) return null;
  return (
    <section className="output" aria-label={en.problems.output}>
      <h2>{en.problems.output}</h2>
      <p className="muted">{en.problems.outputAbout}</p>
      <ol>
        {lines.slice(0, MOST_LINES).map(({ text, where }, index) => (
          <li key={index}>
            <code>{text}</code> <span className="muted">{where}</span>
          </li>
        ))}
      </ol>
      {lines.length > MOST_LINES && <p className="muted">{en.problems.outputMore(lines.length - MOST_LINES)}</p>}
    </section>
  );
}
