import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { useBench } from '../state/bench-context.ts';
import { newScript, openFile, openScenario } from '../state/open-document.ts';
import { en } from '../text/en.ts';

/** What stands in the middle before anything is open: a few first steps. */
export function WelcomePane() {
  const bench = useBench();
  const { scenarios } = useStore(bench.gallery);
  const first = scenarios.find(({ id }) => id === 'doorbell') ?? scenarios[0];
  return (
    <div className="welcome">
      <h1>{en.welcome.heading}</h1>
      <p>{en.welcome.text}</p>
      <div className="welcome-actions">
        {first !== undefined && (
          <Button className="button primary" onPress={() => openScenario(bench, first)}>
            {first.title}
          </Button>
        )}
        <Button className="button" onPress={() => newScript(bench)}>
          {en.files.create}
        </Button>
        <Button className="button" onPress={() => void openFile(bench)}>
          {en.files.open}
        </Button>
      </div>
    </div>
  );
}
