import { useEffect, useMemo, useRef } from 'react';
import { I18nProvider } from 'react-aria-components';
import { CalibrateDialog } from '../calibrate/calibrate-dialog.tsx';
import { commandsOf } from '../commands/commands.ts';
import { listenForShortcuts } from '../commands/keys.ts';
import { MenuBar } from '../commands/menu-bar.tsx';
import { Palette } from '../commands/palette.tsx';
import { listenForShell } from '../commands/shell-commands.ts';
import type { Bench } from '../state/bench.ts';
import { BenchContext } from '../state/bench-context.ts';
import { followWorkspace } from '../state/workspace.ts';
import { LiveRegion } from '../widgets/live-region.tsx';
import { QuestionDialog } from '../widgets/question-dialog.tsx';
import { Dock } from './dock.tsx';
import { Messages } from './messages.tsx';
import { StatusBar } from './status-bar.tsx';
import '../widgets/widgets.css';
import './workbench.css';

/** The whole window. */
export function App({ bench, layout }: { bench: Bench; layout: unknown }) {
  const commands = useMemo(() => commandsOf(bench), [bench]);
  const keep = useRef(() => {});
  useEffect(() => {
    const workspace = followWorkspace(bench);
    keep.current = workspace.keep;
    const stops = [workspace.stop, listenForShortcuts(() => commands), listenForShell(bench, commands)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [bench, commands]);
  return (
    <BenchContext value={bench}>
      <I18nProvider locale="en-GB">
        <div className="workbench">
          <MenuBar commands={commands} />
          <main className="workbench-main">
            <Dock saved={layout} onChange={() => keep.current()} />
          </main>
          <StatusBar />
          <LiveRegion />
          <Palette commands={commands} />
          <Messages />
          <CalibrateDialog />
          <QuestionDialog />
        </div>
      </I18nProvider>
    </BenchContext>
  );
}
