import { useMemo } from 'react';
import { Button } from 'react-aria-components';
import { useStore } from 'zustand';
import { keyOf, type Command } from '../commands/command.ts';
import { commandsOf } from '../commands/commands.ts';
import { isMac } from '../commands/keys.ts';
import { shortcutText } from '../commands/shortcut.ts';
import { useBench } from '../state/bench-context.ts';
import { newScript, openFile, openScenario } from '../state/open-document.ts';
import { en } from '../text/en.ts';

/** Commands whose keys a newcomer should know. */
const KEYS = ['run.start', 'run.cancel', 'view.palette', 'file.save', 'go.nextGroup', 'go.editor', 'view.pane.results'];

/** What stands in the middle before anything is open: a few first steps. */
export function WelcomePane() {
  const bench = useBench();
  const { scenarios } = useStore(bench.gallery);
  const commands = useMemo(() => commandsOf(bench), [bench]);
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
      <h2>{en.welcome.shortcuts}</h2>
      <dl className="keys">
        {KEYS.map((id) => (
          <KeyRow key={id} command={commands.find((command) => command.id === id)} />
        ))}
      </dl>
    </div>
  );
}

function KeyRow({ command }: { command: Command | undefined }) {
  const key = command === undefined ? undefined : keyOf(command);
  if (command === undefined || key === undefined) return null;
  return (
    <div>
      <dt>{command.title}</dt>
      <dd>
        <kbd>{shortcutText(key, isMac())}</kbd>
      </dd>
    </div>
  );
}
