import { useEffect, useRef } from 'react';
import { useBench } from '../state/bench-context.ts';
import { findDocument } from '../state/documents.ts';
import type { FocusRequest } from '../state/view.ts';
import { en } from '../text/en.ts';
import { registerEditor } from './editor-registry.ts';
import { followLineCounts } from './line-counts.ts';
import { modelOf } from './models.ts';
import { monaco } from './monaco.ts';
import { followMarkers } from './follow-markers.ts';
import { themeName } from './themes.ts';

/** Size of the script's text at 100 %, in CSS pixels. */
const FONT_SIZE = 13;

/** Monaco on one document: text, theme, zoom, and what is marked in it. */
export function ScriptEditor({ documentId }: { documentId: string }) {
  const bench = useBench();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const document = findDocument(bench.documents.getState(), documentId);
    if (document === null || element.current === null) return;
    const { theme } = bench.view.getState();
    const { zoom, motion } = bench.settings.getState();
    const editor = monaco.editor.create(element.current, {
      model: modelOf(bench, document),
      theme: themeName(theme),
      ariaLabel: en.editor.label(document.name),
      automaticLayout: true,
      fontSize: FONT_SIZE * zoom,
      tabSize: 2,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderLineHighlight: 'line',
      fixedOverflowWidgets: true,
      'semanticHighlighting.enabled': true,
      smoothScrolling: false,
      cursorSmoothCaretAnimation: 'off',
      padding: { top: 6, bottom: 6 },
    });
    const takeFocus = (): void => {
      const { goTo } = bench.view.getState();
      if (goTo?.document !== documentId) return;
      bench.view.setState({ goTo: null });
      reveal(editor, goTo.place);
    };
    const stops = [
      bench.view.subscribe((view, before) => {
        if (view.theme !== before.theme) monaco.editor.setTheme(themeName(view.theme));
        if (view.goTo !== before.goTo) takeFocus();
      }),
      bench.settings.subscribe((settings, before) => {
        if (settings.zoom !== before.zoom) editor.updateOptions({ fontSize: FONT_SIZE * settings.zoom });
      }),
      registerEditor(documentId, editor),
      followLineCounts(bench, documentId, editor),
      followMarkers(bench, documentId, editor),
    ];
    editor.updateOptions({ cursorBlinking: motion === 'reduced' ? 'solid' : 'blink' });
    takeFocus();
    return () => {
      for (const stop of stops) stop();
      editor.dispose();
    };
  }, [bench, documentId]);
  return <div className="editor" ref={element} />;
}

function reveal(editor: monaco.editor.ICodeEditor, place: FocusRequest['place']): void {
  if (place !== null) {
    const position = { lineNumber: Math.max(place.line, 1), column: Math.max(place.column, 1) };
    editor.setPosition(position);
    editor.revealPositionInCenterIfOutsideViewport(position);
  }
  editor.focus();
  // Else after dockview has put the pane on the screen.
  if (!editor.hasTextFocus()) requestAnimationFrame(() => editor.focus());
}
