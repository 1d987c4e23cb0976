import { lazy, Suspense } from 'react';
import { en } from '../text/en.ts';
import './editor.css';

// Monaco is most of the window's bytes: it is fetched while the rest is drawn already.
const loading = import('./script-editor.tsx');
const ScriptEditor = lazy(async () => ({ default: (await loading).ScriptEditor }));

/** The editor of one document. */
export function EditorPane({ documentId }: { documentId: string }) {
  return (
    <Suspense fallback={<p className="pane-note">{en.editor.loading}</p>}>
      <ScriptEditor documentId={documentId} />
    </Suspense>
  );
}
