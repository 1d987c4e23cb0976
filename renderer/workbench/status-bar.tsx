import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { useProblems } from '../state/use-problems.ts';
import { en } from '../text/en.ts';

/** The last sentence, the problems of the active script, and what runs the window. */
export function StatusBar() {
  const bench = useBench();
  const { last, said } = useStore(bench.announcer);
  const { document, problems } = useProblems();
  const connected = useStore(bench.view, (view) => view.connected);
  const zoom = useStore(bench.settings, (settings) => settings.zoom);
  const count = (severity: string): number => problems.filter((problem) => problem.severity === severity).length;
  return (
    <footer className="status-bar" aria-label={en.status.label}>
      {!connected && <strong className="status-error">{en.status.noLab}</strong>}
      <span className={last?.level === 'error' ? 'status-error' : ''}>{last?.text}</span>
      <span className="stretch" />
      {document !== null && (
        <Button className="status-button" onPress={() => bench.view.getState().dock?.show('problems')}>
          {en.status.problems(count('error'), count('warning'))}
        </Button>
      )}
      {said.length > 0 && (
        <Button className="status-button" onPress={() => bench.view.setState({ messagesOpen: true })}>
          {en.messages.count(said.length, said.filter(({ level }) => level === 'error').length)}
        </Button>
      )}
      {zoom !== 1 && <span>{en.status.zoom(zoom)}</span>}
      <span>{en.status.version(bench.about.version)}</span>
    </footer>
  );
}
