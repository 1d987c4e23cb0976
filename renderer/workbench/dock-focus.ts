import type { DockviewApi, IDockviewPanel } from 'dockview-react';
import type { Bench } from '../state/bench.ts';

const FOCUSABLE =
  '[data-autofocus], .monaco-editor .native-edit-context, .monaco-editor textarea, input, select, textarea, button, a[href], [tabindex="0"]';

/**
 * Puts the focus into a pane: where the pane wants it, else on the first thing that takes it, else on its tab. At once where it is on the
 * screen, so that the next key is the pane's.
 */
export function focusInside(panel: IDockviewPanel): void {
  const take = (): boolean => {
    const content = panel.view.content.element;
    const wanted =
      content.querySelector<HTMLElement>('[data-autofocus]') ?? content.querySelector<HTMLElement>(FOCUSABLE);
    wanted?.focus();
    return wanted !== null && content.contains(document.activeElement);
  };
  if (take()) return;
  // A pane that was hidden is put on the screen first.
  requestAnimationFrame(() => {
    if (!take()) (panel.view.tab.element.closest('[role="tab"]') as HTMLElement | null)?.focus();
  });
}

/** After the layout was built anew: the documents that are open get their editors back. */
export function followActive(bench: Bench, api: DockviewApi): void {
  bench.documents.setState(({ open }) => ({ open: [...open] }));
  const { active } = bench.documents.getState();
  if (active !== null) api.getPanel(`editor:${active}`)?.api.setActive();
}
