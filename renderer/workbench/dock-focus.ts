import type { DockviewApi, IDockviewPanel } from 'dockview-react';
import type { Bench } from '../state/bench.ts';

const FOCUSABLE =
  '[data-autofocus], .monaco-editor .native-edit-context, .monaco-editor textarea, input, select, textarea, button, a[href], [tabindex="0"]';

/** Puts the focus into a pane: where the pane wants it, else on the first thing that takes it, else on its tab. */
export function focusInside(panel: IDockviewPanel): void {
  // A pane that was hidden is put on the screen first.
  requestAnimationFrame(() => {
    const content = panel.view.content.element;
    const wanted =
      content.querySelector<HTMLElement>('[data-autofocus]') ?? content.querySelector<HTMLElement>(FOCUSABLE);
    if (wanted !== null) wanted.focus();
    else (panel.view.tab.element.closest('[role="tab"]') as HTMLElement | null)?.focus();
  });
}

/** After the layout was built anew: the documents that are open get their editors back. */
export function followActive(bench: Bench, api: DockviewApi): void {
  bench.documents.setState(({ open }) => ({ open: [...open] }));
  const { active } = bench.documents.getState();
  if (active !== null) api.getPanel(`editor:${active}`)?.api.setActive();
}
